/**
 * A variable that the program reads: its name (or names that go together), what for, and the commands that
 * do; absent: all.
 */
interface EnvironmentVariable {
  readonly name: string;
  readonly about: string;
  readonly of?: readonly string[];
}

const CALLING = [
  ...[
    'create',
    'list',
    'show',
    'update',
    'roll',
    'pause',
    'unpause',
    'revoke',
    'resume',
    'verify',
    'audit',
    'events',
  ],
  ...['import', 'api', 'provider', 'status', 'run', 'login', 'doctor'],
];
/** Commands that read keys.yaml. */
const AS_CODE = ['plan', 'apply', 'adopt'];
const TARGETED = [...CALLING, 'env', 'webhook', 'logout', 'serve', 'usage', 'deliver', 'places'];

/** Commands with long lists. */
const PAGED = [
  ...['list', 'audit', 'events', 'usage', 'pending', 'places', 'provider', 'profile', 'plan', 'doctor'],
];

/**
 * The one table of variables, for help and the pages of commands. keys-scripting(7) has one with more words:
 * a test compares the names. What a shared ledger needs is for every command, as its address is.
 */
export const ENVIRONMENT_VARIABLES: readonly EnvironmentVariable[] = [
  { name: 'KEYS_API_KEY', about: 'the credential, instead of the one kept for a profile', of: CALLING },
  {
    name: 'KEYS_API_KEY_<NAME>',
    about: 'the credential of an account of keys.yaml that has no profile',
    of: AS_CODE,
  },
  {
    name: 'KEYS_BASE_URL_<NAME>',
    about: 'the address in keys.yaml that may get this credential',
    of: AS_CODE,
  },
  { name: 'KEYS_PROFILE', about: 'the profile to use', of: TARGETED },
  { name: 'KEYS_PROVIDER', about: 'whose keys are meant', of: TARGETED },
  { name: 'KEYS_BASE_URL', about: 'the address of the key service', of: CALLING },
  { name: 'KEYS_CONFIG_DIR', about: 'folder of the settings' },
  { name: 'KEYS_DATA_DIR', about: "folder of the ledger and of the embedded service's database" },
  {
    name: 'KEYS_SERVE_<OPTION>',
    about: 'an option of keys serve that the command line does not name',
    of: ['serve'],
  },
  {
    name: 'KEYS_MANAGEMENT_KEY',
    about: 'the management key that keys serve takes instead of creating one',
    of: ['serve'],
  },
  {
    name: 'KEYS_ENCRYPTION_KEY',
    about: '256 bits (hex or base64url) that encrypt the signing halves of pairs',
    of: ['serve', 'create', 'roll', 'verify', 'apply'],
  },
  {
    name: 'KEYS_LEDGER_KEY',
    about:
      '256 bits (hex or base64) that seal pending secrets in the ledger where there is no keychain, and the whole of a shared ledger',
  },
  {
    name: 'KEYS_LEDGER_URL',
    about:
      'the address of a PostgreSQL database that holds the ledger of several machines; it may hold a password',
  },
  {
    name: 'KEYS_MACHINE',
    about:
      'the name of this machine in a shared ledger, and in the name of the first management key (default: its host name)',
  },
  { name: 'KEYS_DATABASE_URL', about: 'the address of a PostgreSQL database for keys serve', of: ['serve'] },
  {
    name: 'PGPASSWORD , PGPASSFILE',
    about: "the database's password, or the file that has it",
  },
  { name: 'SHELL', about: 'the shell that assignment lines are written for', of: ['create', 'roll', 'env'] },
  {
    name: 'GITHUB_ENV , GITHUB_OUTPUT',
    about: 'the files that --to github-env:NAME and github-output:NAME write to',
    of: ['create', 'roll', 'resume'],
  },
  { name: 'GITHUB_STEP_SUMMARY', about: 'the file that --step-summary adds to', of: ['audit'] },
  {
    name: 'KEYS_ANY_CREDENTIAL',
    about: 'set: send, create or import a credential that looks like one of another provider, or like none',
    of: [...CALLING, ...AS_CODE],
  },
  { name: 'NO_COLOR , FORCE_COLOR', about: 'colour never, or always' },
  { name: 'FORCE_HYPERLINK', about: 'addresses as links on a terminal that is not known for it; 0: never' },
  {
    name: 'BROWSER',
    about:
      'the program that opens a page, wherever it is set: several with colons, the first that works; %s is the address',
    of: ['create', 'roll', 'revoke', 'console'],
  },
  {
    name: 'KEYS_PAGER',
    about: 'the program that shows what is longer than the screen; empty or cat: none',
    of: PAGED,
  },
  { name: 'PAGER', about: 'the same, for every program (default: less)', of: PAGED },
  {
    name: 'HTTPS_PROXY , HTTP_PROXY , ALL_PROXY , NO_PROXY',
    about:
      'proxies, and the hosts that are reached without one, as curl reads them; this machine never needs one',
    of: [...CALLING, ...AS_CODE],
  },
  {
    name: 'NODE_EXTRA_CA_CERTS',
    about: 'a file with further certificate authorities',
    of: [...CALLING, ...AS_CODE],
  },
];

/** Those that a command reads. */
export function variablesOfCommand(command: string): readonly EnvironmentVariable[] {
  return ENVIRONMENT_VARIABLES.filter(({ of }) => of === undefined || of.includes(command));
}
