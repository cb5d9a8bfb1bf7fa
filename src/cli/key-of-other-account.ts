import { changed, KeysError } from '../domain/errors.js';
import { type Account, exactName, type ManagedKey } from '../domain/managed-key.js';
import { shellWord } from '../domain/shell-word.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { Context } from './context.js';

/** A failure with what a person can run instead. */
export interface Explained {
  readonly error: unknown;
  readonly commands: readonly string[];
}

/** Commands that are printed at most. */
const MOST = 3;

/**
 * Adds to the error for an unknown key which other accounts have a key of this name or id in the ledger, and
 * the commands that reach them. Returns any other error as it is.
 */
export async function explainUnknownKey(
  error: unknown,
  argv: readonly string[],
  context: Context,
): Promise<Explained> {
  const nothing = { error, commands: [] };
  if (!(error instanceof KeysError) || error.code !== 'not_found') return nothing;
  const reference = error.details?.['reference'];
  if (typeof reference !== 'string') return nothing;
  try {
    const keys = await keysNamed(reference, context);
    return keys.length === 0 ? nothing : await explained(error, keys, argv, context);
  } catch (failure) {
    // The first error says what failed.
    if (failure instanceof KeysError) return nothing;
    throw failure;
  }
}

/** The keys of the ledger with this exact name, or with a version of this id. */
async function keysNamed(reference: string, context: Context): Promise<readonly ManagedKey[]> {
  const { existingLedger } = await import('../storage/ledger/existing-ledger.js');
  const ledger = await existingLedger(context);
  const wanted = exactName(reference);
  const isNamed = ({ name, versions }: ManagedKey) =>
    name === wanted || versions.some(({ id }) => id === reference);
  return ledger === null ? [] : (await ledger.managed.all()).filter(isNamed);
}

async function explained(
  error: KeysError,
  keys: readonly ManagedKey[],
  argv: readonly string[],
  context: Context,
): Promise<Explained> {
  const accounts = keys.slice(0, MOST).map(({ account }) => account);
  const found = await Promise.all(accounts.map((account) => reached(account, argv, context)));
  const commands = found.filter((command) => command !== null);
  const named = accounts.map(({ provider, address }) => `${provider} at ${address}`).join(', ');
  const { details } = error;
  const [account] = accounts;
  const isReached = commands.length > 0 || account === undefined;
  const { provider, address } = account ?? {};
  const login = { provider, ...(URL.canParse(address ?? '') ? { base_url: address } : {}) };
  const hint = `the ledger has ${keys.length === 1 ? 'this key' : 'keys of this name'} at another account: ${named}`;
  const next = isReached || !URL.canParse(address ?? '') ? null : ('log_in' as const);
  return {
    error: changed(error, {
      hint,
      next,
      details: next === null ? (details ?? {}) : { ...details, ...login },
    }),
    commands: [...new Set(commands)],
  };
}

/** This call at another account; null: nothing on this machine reaches it. */
async function reached(account: Account, argv: readonly string[], context: Context): Promise<string | null> {
  const [{ everyTarget }, { accountsOfFile }, { reaches }] = await Promise.all([
    import('../connect/every-target.js'),
    import('./accounts-of-file.js'),
    import('../lifecycle/find/reaches-account.js'),
  ]);
  const targets = [...(await everyTarget(context)), ...(await accountsOfFile(context))];
  for (const target of targets) {
    const before = await variablesOf(target);
    if (before === null || !(await reaches(target, account, context))) continue;
    const flags = target.profile === null ? ['--provider', target.provider] : ['--profile', target.profile];
    return [...before, 'keys', ...withAccount(argv, flags).map(shellWord)].join(' ');
  }
  return null;
}

/** What stands before a command at an account of `keys.yaml`; null: no command reaches this target. */
async function variablesOf({
  profile,
  account,
  baseUrl,
  provider,
}: OperationTarget): Promise<string[] | null> {
  if (profile !== null) return [];
  // Nothing on a command line names the embedded service where a profile or a variable names another one.
  if (account === undefined) return provider === 'keys' ? ['env', '-u KEYS_BASE_URL', '-u KEYS_PROFILE'] : [];
  const { credentialVariable } = await import('../connect/account-variables.js');
  const address = baseUrl === null ? [] : [`KEYS_BASE_URL=${shellWord(baseUrl)}`];
  return [`KEYS_API_KEY="$${credentialVariable(account)}"`, ...address];
}

const OF_ACCOUNT = /^--(?:profile|provider|base-url|set)(=|$)/s;

/** The arguments with these flags in the place of those that name an account. */
function withAccount(argv: readonly string[], flags: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const given = end < 0 ? argv : argv.slice(0, end);
  const kept = given.filter((word, at) => {
    const isValue = OF_ACCOUNT.exec(given[at - 1] ?? '')?.[1] === '';
    return !isValue && !OF_ACCOUNT.test(word);
  });
  return [...kept, ...flags, ...(end < 0 ? [] : argv.slice(end))];
}
