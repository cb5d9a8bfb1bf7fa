import type { TargetFlags } from '../connect/connection.js';
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
  const [{ everyTarget }, { accountsOfFile }, { reaches }, { resolveTarget, operationTarget }] =
    await Promise.all([
      import('../connect/every-target.js'),
      import('./accounts-of-file.js'),
      import('../lifecycle/find/reaches-account.js'),
      import('../connect/resolve-target.js'),
    ]);
  const settings = context.settings();
  const targets = [...(await everyTarget(context)), ...(await accountsOfFile(context))];
  for (const target of targets) {
    if (!(await reaches(target, account, context))) continue;
    for (const { before, flags, env, profile } of await waysTo(target)) {
      // Flags, variables and the profile in use may name another account together.
      const there = resolveTarget({
        flags,
        env: { ...context.env, ...env },
        settings: () =>
          profile !== null
            ? settings
            : { ...settings, get: (name) => (name === 'profile' ? undefined : settings.get(name)) },
      });
      if (await reaches(operationTarget(there), account, context))
        return [...before, 'keys', ...withAccount(argv, wordsOf(flags)).map(shellWord)].join(' ');
    }
  }
  return null;
}

/** How a target may be named on a command line, and what that changes. */
interface Way {
  /** What stands before the command. */
  readonly before: readonly string[];
  readonly flags: TargetFlags;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Null: the command before it leaves the profile in use. */
  readonly profile?: null;
}

async function waysTo({
  profile,
  account,
  baseUrl,
  provider,
  set,
}: OperationTarget): Promise<readonly Way[]> {
  if (profile !== null) return [{ before: [], flags: { profile } }];
  const flags = { provider, set: Object.entries(set).map((pair) => pair.join('=')) };
  if (account === undefined) return provider === 'keys' ? waysToEmbedded(flags) : [{ before: [], flags }];
  const { credentialVariable } = await import('../connect/account-variables.js');
  const address = baseUrl === null ? [] : [`KEYS_BASE_URL=${shellWord(baseUrl)}`];
  const before = [`KEYS_API_KEY="$${credentialVariable(account)}"`, ...address];
  return [{ before, flags, env: { KEYS_API_KEY: 'set', KEYS_BASE_URL: baseUrl ?? undefined } }];
}

/** No flag means the embedded service where a variable or the profile in use names another one. */
function waysToEmbedded(flags: TargetFlags): readonly Way[] {
  const variables = ['KEYS_BASE_URL', 'KEYS_PROFILE', 'KEYS_PROVIDER'];
  const without = Object.fromEntries(variables.map((name) => [name, undefined]));
  return [
    { before: [], flags },
    { before: ['env', ...variables.map((name) => `-u ${name}`)], flags, env: without },
    { before: ['keys profile use --embedded &&'], flags: {}, profile: null },
  ];
}

function wordsOf({ profile, provider, set = [] }: TargetFlags): string[] {
  return [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(provider === undefined ? [] : ['--provider', provider]),
    ...set.flatMap((pair) => ['--set', pair]),
  ];
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
