import type { Connection } from '../../connect/connection.js';
import { allKeys } from '../../domain/all-keys.js';
import { withoutLaterEnd } from '../../domain/ended-key.js';
import { KeysError } from '../../domain/errors.js';
import { fitsEnvironment } from '../../domain/filter-keys.js';
import type { Key } from '../../domain/key.js';
import { keyIdentity } from '../../domain/key-identity.js';
import type { ListKeys } from '../../domain/key-service.js';
import type { Account } from '../../domain/managed-key.js';
import type { DescribedKey } from '../../lifecycle/describe-key.js';
import { accountOf } from '../../lifecycle/find/account-of.js';
import { existingLedger } from '../../storage/ledger/existing-ledger.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import { systemOf } from '../../storage/settings.js';
import type { Column } from '../../terminal/output.js';
import { textColumn } from '../../terminal/text-column.js';
import type { Context } from '../context.js';
import { markOwn } from './managed-columns.js';
import { warnOfUnread } from './warn-of-unread.js';

/** A key of one of several services. */
export interface SourcedKey extends DescribedKey {
  readonly provider?: string;
  readonly profile?: string | null;
}

export const SOURCE_COLUMNS: ReadonlyArray<Column<SourcedKey>> = [
  column('provider', (key) => key.provider ?? ''),
  column('profile', (key) => key.profile ?? '-'),
];

function column(id: string, of: (key: SourcedKey) => string): Column<SourcedKey> {
  return textColumn(id, id, of);
}

/**
 * Keys of one service, with what the ledger knows of them. There may be some with another status than the
 * query has.
 */
export async function* keysOf(
  connection: Connection,
  query: ListKeys,
  context: Context,
): AsyncGenerator<SourcedKey> {
  yield* keysWithOwn(connection, query, await connection.ownKeyIds(), context);
}

/** The same, with these ids marked as those of keys that this program is logged in with. */
async function* keysWithOwn(
  connection: Connection,
  query: ListKeys,
  ownIds: readonly string[],
  context: Context,
): AsyncGenerator<SourcedKey> {
  const ledger = await readableLedger(context);
  const { service } = connection;
  const now = context.clock.now();
  if (ledger === null) {
    for await (const key of allKeys(service, query)) yield markOwn(withoutLaterEnd(key, now), ownIds);
    return;
  }
  const { createDescriber, queryBeforeDescription } = await import('../../lifecycle/describe-key.js');
  const account = accountOf(connection);
  const describe = await createDescriber(ledger, account, now);
  const { notingList } = await import('../../lifecycle/note-list.js');
  const listed = allKeys(service, queryBeforeDescription(query));
  for await (const key of notingList(listed, query, { connection, ledger, clock: context.clock }))
    yield markOwn(describe(key), ownIds);
}

/**
 * Null, with a warning, if the ledger cannot be read: the service lists its keys all the same. Null if there
 * is no ledger.
 */
async function readableLedger(context: Context): Promise<Ledger | null> {
  try {
    return await existingLedger(context);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    context.output.warn(`places and pending operations are not shown: ${error.message}`);
    return null;
  }
}

/**
 * Keys of every service that this machine knows, each once: several profiles may be of one account. A service
 * that fails is a warning and goes to `failures`; the others are listed.
 */
export async function* keysOfEveryProfile(
  query: ListKeys,
  context: Context,
  failures: KeysError[],
): AsyncGenerator<SourcedKey> {
  const [{ everyTarget }, { reconnect }, { accountsOfFile }] = await Promise.all([
    import('../../connect/every-target.js'),
    import('../../connect/open-connection.js'),
    import('../accounts-of-file.js'),
  ]);
  const opened: Array<{ target: OperationTarget; connection: Connection; ownIds: readonly string[] }> = [];
  const failed = (error: unknown, { profile, provider }: Pick<SourcedKey, 'profile' | 'provider'>) => {
    if (!(error instanceof KeysError)) throw error;
    // A service without this environment has no key of it.
    if (query.environment !== undefined && error.details?.['member'] === 'environment') return;
    failures.push(error);
    context.output.warn(`${profile ?? provider} could not be listed: ${error.message}`);
  };
  const targets = [...(await everyTarget(context)), ...(await accountsOfFile(context))];
  for (const target of targets) {
    try {
      const connection = await reconnect(context, target);
      opened.push({ target, connection, ownIds: await connection.ownKeyIds() });
    } catch (error) {
      failed(error, { profile: target.profile, provider: systemOf(target) });
    }
  }
  const seen = new Set<string>();
  for (const { target, connection } of opened) {
    const { profile } = target;
    const provider = systemOf(target);
    const ofAccount = opened.filter((other) => isSameAccount(other.connection, connection));
    const ownIds = ofAccount.flatMap((other) => other.ownIds);
    const own = query.environment === undefined ? connection.addressEnvironment : undefined;
    try {
      for await (const key of keysWithOwn(connection, query, ownIds, context)) {
        if (!fitsEnvironment(key, own)) continue;
        if (ofAccount.length > 1 && !isFirst(key, connection, seen)) continue;
        yield { ...key, provider, profile };
      }
    } catch (error) {
      failed(error, { profile, provider });
    }
  }
  const wasRead = ({ provider, address }: Pick<Account, 'provider' | 'address'>) =>
    opened.some(({ connection }) => isOf(connection, { provider, address })) ||
    targets.some((target) => systemOf(target) === provider && target.baseUrl === address);
  await warnOfUnread(wasRead, context);
}

function isOf(connection: Connection, account: Pick<Account, 'provider' | 'address'>): boolean {
  const { provider, address } = accountOf(connection);
  return provider === account.provider && address === account.address;
}

/** Whether two connections may lead to the same keys. */
function isSameAccount(one: Connection, other: Connection): boolean {
  return one.provider.id === other.provider.id && one.address === other.address;
}

/**
 * Whether no earlier profile led to this key. Ids of two accounts may be equal, so a key is known by more
 * than its id.
 */
function isFirst(key: Key, { provider, address }: Connection, seen: Set<string>): boolean {
  const before = seen.size;
  return seen.add(keyIdentity(key, { provider: provider.id, address })).size > before;
}
