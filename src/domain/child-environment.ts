/** Credentials of this tool. No other program inherits them. */
const OWN_SECRETS = [
  ...['KEYS_API_KEY', 'KEYS_MANAGEMENT_KEY', 'KEYS_ENCRYPTION_KEY', 'KEYS_DATABASE_URL'],
  ...['KEYS_LEDGER_KEY', 'KEYS_LEDGER_URL'],
];
/** The credential of one account of a `keys.yaml`. */
const OF_ACCOUNT = /^KEYS_API_KEY_/;
/** If an address names the database of this tool, these are for it; otherwise they are the user's own. */
const OF_DATABASE = ['PGPASSWORD', 'PGPASSFILE'];

/** The environment for another program: without the credentials of this tool. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const hasDatabase = ['KEYS_DATABASE_URL', 'KEYS_LEDGER_URL'].some((name) => env[name]);
  const left = new Set(hasDatabase ? [...OWN_SECRETS, ...OF_DATABASE] : OWN_SECRETS);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || left.has(name) || OF_ACCOUNT.test(name) ? [] : [[name, value]],
    ),
  );
}
