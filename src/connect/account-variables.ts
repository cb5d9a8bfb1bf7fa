/** The variable that may hold the credential of an account of `keys.yaml`. */
export function credentialVariable(account: string): string {
  return `KEYS_API_KEY_${account.toUpperCase().replaceAll('-', '_')}`;
}

/** The variable that names the address in the file to which that credential may go. */
export function addressVariable(account: string): string {
  return credentialVariable(account).replace('KEYS_API_KEY_', 'KEYS_BASE_URL_');
}
