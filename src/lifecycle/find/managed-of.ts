import { exactName, type ManagedKey } from '../../domain/managed-key.js';
import { NO_SCHEDULE, newManagedId } from '../../storage/ledger/managed-keys.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Means } from '../operation/means.js';
import { rightsOf } from '../roll/rights.js';
import { accountOf } from './account-of.js';

/** The managed key of an operation; made from the operation where the ledger has none yet. */
export async function managedOf(
  operation: Operation,
  { ledger: { managed }, provider }: Pick<Means, 'ledger' | 'provider'>,
): Promise<ManagedKey> {
  const account = accountOf({ ...operation, provider });
  const ids = [operation.previous?.id, operation.key?.id].filter((id) => id !== undefined);
  const found = (await managed.byId(operation.managed)) ?? operation.draft;
  if (found !== null) return found;
  for (const id of ids) {
    const known = await managed.byVersion(account, id);
    if (known !== null) return known;
  }
  const named = await managed.byName(account, operation.name);
  if (named !== null) return named;
  const { request, created_at, counted_from = created_at } = operation;
  return {
    id: operation.managed.startsWith('mk_') ? operation.managed : newManagedId(),
    account,
    name: exactName(operation.name),
    rights: 'create' in request ? rightsOf(request.create, counted_from) : null,
    schedule: NO_SCHEDULE,
    places: [],
    variable: null,
    versions: [],
    created_at,
  };
}
