import { allKeys } from '../../domain/all-keys.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import { exactName } from '../../domain/managed-key.js';
import { nearest } from '../../domain/nearest.js';
import { isOfAccount, type OpenAccount, openAccount } from './account.js';
import type { KeyPlan } from './action.js';
import { checkAccounts, type FileContext } from './check-accounts.js';
import { keyFacts } from './key-facts.js';
import type { FileAccount, FileKey, KeysFile } from './keys-file.js';
import { placeProblems } from './place-problems.js';
import { planWithRolls } from './plan-rolls.js';
import type { KeyFacts } from './planned-key.js';
import { unmanaged } from './unmanaged.js';

/** The plan of one account. */
export interface AccountPlan {
  readonly account: FileAccount;
  /** Null: it could not be read. */
  readonly opened: OpenAccount | null;
  readonly error: KeysError | null;
  /** As the vendor listed them for this plan. */
  readonly listed: readonly Key[];
  readonly keys: readonly KeyPlan[];
}

/**
 * Plans every account of the file, side by side; the accounts that cannot be read say why in `error`. `only`:
 * names of keys; all without it. `skip`: see `KeyFacts`. Throws `usage` for what `checkAccounts` finds,
 * before anything is opened, and what the ledger throws: no account can be planned without it.
 */
export async function planFile(
  file: KeysFile,
  only: ReadonlySet<string> | null,
  context: FileContext,
  skip: readonly string[] = [],
): Promise<readonly AccountPlan[]> {
  await checkAccounts(file, context);
  await context.ledger();
  return await Promise.all(
    file.accounts.map((account) => planAccount(account, file, { only, skip }, context)),
  );
}

async function planAccount(
  account: FileAccount,
  file: KeysFile,
  { only, skip }: { readonly only: ReadonlySet<string> | null; readonly skip: readonly string[] },
  context: FileContext,
): Promise<AccountPlan> {
  const failed = (error: KeysError) => ({ account, opened: null, error, listed: [], keys: [] });
  try {
    const opened = await openAccount(account, context, { directory: context.folder });
    const listed = await listedKeys(opened);
    const entries = file.keys.filter((entry) => entry.account === account.name);
    const keys: KeyPlan[] = [];
    const named = new Set<string>();
    const ofEntries = new Set<string>();
    for (const entry of entries) {
      const facts = await keyFacts(
        entry,
        opened,
        { listed },
        { now: context.clock.now(), every_ms: file.every_ms, skip },
      );
      for (const id of idsOf(facts)) named.add(id);
      for (const { id } of facts.operations) ofEntries.add(id);
      if (only !== null && !only.has(entry.name)) continue;
      const { actions, notes } = planWithRolls(facts, opened);
      const receiver = { managed: facts.managed, name: entry.name, connection: opened.connection };
      const problems = await placeProblems(actions, facts.places, receiver, opened.context);
      keys.push({ account: account.name, name: entry.name, entry, actions, notes: [...notes, ...problems] });
    }
    if (only === null) {
      const operations = (await opened.means.ledger.operations()).filter(
        (one) => isOfAccount(one, opened.account) && !ofEntries.has(one.id),
      );
      const others = listed.filter(({ id }) => !named.has(id));
      keys.push(...unmanaged({ account: account.name, keys: others, operations }));
    }
    return { account, opened, error: null, listed, keys };
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    return failed(error);
  }
}

/** Every key of the account that may be in use. */
export async function listedKeys({ connection: { service } }: OpenAccount): Promise<Key[]> {
  const listed: Key[] = [];
  for await (const key of allKeys(service, { status: ['active', 'retiring'] })) {
    if (key.status === undefined || key.status === 'active' || key.status === 'retiring') listed.push(key);
  }
  return listed;
}

/** Ids at the vendor that belong to an entry. */
function idsOf({ entry, managed, listed, operations }: KeyFacts): string[] {
  const versions = managed?.versions.map(({ id }) => id) ?? [];
  const named = listed.filter(({ name }) => exactName(name) === entry.name).map(({ id }) => id);
  const created = operations.flatMap(({ key }) => (key === null ? [] : [key.id]));
  return [...versions, ...named, ...created, ...(entry.adopt === null ? [] : [entry.adopt])];
}

/** The names that were asked for. Throws `not_found` for one that the file does not have. */
export function onlyNames(names: readonly string[], keys: readonly FileKey[]): ReadonlySet<string> | null {
  if (names.length === 0) return null;
  const all = keys.map(({ name }) => name);
  for (const name of names.map(exactName)) {
    if (all.includes(name)) continue;
    const near = nearest(name, all);
    throw new KeysError(
      'not_found',
      `the file has no key ${name}`,
      near === null ? {} : { hint: `did you mean ${near}?` },
    );
  }
  return new Set(names.map(exactName));
}
