/**
 * Whether a credential is an ordinary word, such as the `root` of a Vault for development. It is no secret,
 * and every message that has the word would be garbled.
 */
export function isPlainWord(credential: string): boolean {
  return /^[a-z]{1,7}$/.test(credential);
}
