import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import { currentVersion, type KeptPlace, type ManagedKey } from '../../domain/managed-key.js';
import { clauses, option, words } from '../../domain/words.js';
import type { Place } from '../../places/place.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { type Delivery, isUnfinished, type Operation } from '../../storage/ledger/operation.js';
import type { AccountConnection } from '../account-connection.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import { openPlan } from './delivery-plan.js';
import { machineOf } from './elsewhere.js';
import { freeAddress } from './free-address.js';
import type { PlannedPlace } from './key-places.js';
import { ownerOf } from './owner-of.js';
import { readPlan } from './read-plan.js';
import { shares } from './shared-places.js';

/** What may be overwritten at a place. */
interface PlaceRules {
  readonly ledger: Ledger;
  readonly replace: boolean;
  readonly own?: readonly string[];
}

/**
 * Throws `refused` for a place that another managed key remembers or waits for, that holds the secret of
 * another managed key that has not ended, or a value that this program did not write, unless `replace`; also
 * for a place of the key itself. `own`: digests of a secret that may be there already.
 */
export async function refuseTaken(
  places: readonly PlannedPlace[],
  managed: Pick<ManagedKey, 'id' | 'places' | 'name'>,
  { ledger, replace, own = [] }: PlaceRules,
  connection: Pick<AccountConnection, 'provider'>,
  context: LifecycleContext,
): Promise<void> {
  if (replace) return;
  const free = async (plan: Place) =>
    await freeAddress(plan, managed.name, connection, await ledger.managed.all(), context);
  for (const { place } of places) {
    const plan = readPlan(place);
    if (!('address' in plan) || machineOf(place) !== null) continue;
    const values = (await (await openPlan(plan, null, context)).current?.()) ?? {};
    const kept = managed.places.find(({ id, delivered }) => id === place.id && delivered !== null);
    const delivered = kept !== undefined;
    for (const value of Object.values(values)) {
      if (credentialDigests({ secret: value }).every((digest) => own.includes(digest))) continue;
      const owner = await ownerOf(value, ledger);
      if (owner?.id === managed.id || (owner === null && delivered)) continue;
      // The secret of a key that has ended is of no use to anybody.
      if (owner !== null && currentVersion(owner) === null) continue;
      const what = owner === null ? NOT_OURS : `the secret of ${owner.name}`;
      throw takenError(place.label, `holds ${what}`, await free(plan));
    }
    if (kept !== undefined && (await isChanged(Object.values(values), kept, managed.id, ledger)))
      throw changedError(place.label);
    if (delivered) continue;
    const keys = await ledger.managed.byPlace(place);
    const other = keys.find((key) => currentVersion(key) !== null && shares(key, place, managed.id));
    const promised = await promisedTo(place, managed.id, ledger);
    if (promised !== undefined) {
      const { name, kind, id } = promised;
      throw takenError(
        place.label,
        `waits for the secret of ${name}, whose ${kind} ${id} is not finished`,
        await free(plan),
      );
    }
    if (other === undefined) continue;
    throw takenError(place.label, `is a place of ${other.name}`, await free(plan));
  }
}

const NOT_OURS = 'a value that keys did not write';

function takenError(label: string, what: string, free: string): KeysError {
  return new KeysError('refused', `${label} ${what}`, {
    hint: clauses(
      words`${option('to', `'${free}'`)} is a place of its own, and ${option('replace')} takes this one over`,
      'nothing was changed',
    ),
    details: { free },
  });
}

/** The error for a place of the key itself where somebody has put another value. */
function changedError(label: string): KeysError {
  return new KeysError('refused', `${label} holds ${NOT_OURS}`, {
    hint: clauses(
      'it had the secret of this key before',
      words`${option('replace')} overwrites it, and places remove leaves it there`,
      'nothing was changed',
    ),
  });
}

/** The create or roll of another key than `id` that has still to deliver to this place. */
async function promisedTo(
  place: Delivery['place'],
  id: string,
  ledger: Pick<Ledger, 'operationsTo'>,
): Promise<Operation | undefined> {
  const plan = readPlan(place);
  if (!('address' in plan) || plan.names.length === 0) return undefined;
  return (await ledger.operationsTo(place)).find(
    (operation) =>
      operation.managed !== id &&
      isUnfinished(operation) &&
      !operation.aborted &&
      operation.deliveries.some(
        (one) => !one.delivered && one.place.id === place.id && machineOf(one.place) === null,
      ),
  );
}

/**
 * Whether none of the values at a place of a key is its secret, although the ledger knows the secret that was
 * delivered there. Of a secret that has kept the id of its key, it knows the newest alone.
 */
async function isChanged(
  values: readonly string[],
  { delivered }: KeptPlace,
  id: string,
  ledger: Ledger,
): Promise<boolean> {
  if (values.length === 0 || delivered === null) return false;
  for (const value of values.flatMap(withMembers))
    if ((await ownerOf(value, ledger))?.id === id) return false;
  const managed = await ledger.managed.byId(id);
  const version = managed?.versions.find((one) => one.id === delivered.id);
  if (managed === null || version?.generation !== delivered.generation) return false;
  return ((await ledger.find(managed.account, delivered.id))?.digests ?? []).length > 0;
}

/** A value, and the texts in it where it is JSON: a place of one value has a pair in that form. */
function withMembers(value: string): string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    const members = typeof parsed === 'object' && parsed !== null ? Object.values(parsed) : [];
    return [value, ...members.filter((member) => typeof member === 'string')];
  } catch {
    return [value];
  }
}
