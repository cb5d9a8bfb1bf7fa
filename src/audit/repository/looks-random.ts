/** What people write where a key would stand. */
const WRITTEN = /(.)\1{7}|xxxx|example|0123456|12345678|abcdefg/i;

/** Whether a text could come from a generator: examples and place holders do not. */
export function looksRandom(body: string): boolean {
  return new Set(body).size >= 9 && !WRITTEN.test(body);
}
