import type { Key } from '../../domain/key.js';
import { exactName, type KeyVersion, type ManagedKey } from '../../domain/managed-key.js';
import { titleInSentence } from '../../domain/systems.js';
import type { Delivery, Operation } from '../../storage/ledger/operation.js';
import { machineOf } from '../places/elsewhere.js';
import type { PlannedPlace } from '../places/key-places.js';
import type { Action } from './action.js';
import { changesFor, compareRights } from './compare-rights.js';
import { dueReason } from './due-reason.js';
import type { FileKey } from './keys-file.js';
import { rollElsewhere } from './other-machines.js';
import { changedCommands, driftedPlaces, missingPlaces, rememberedPlaces } from './place-differences.js';
import { action, DO_NOTHING, type KeyFacts, labels, type PlannedKey } from './planned-key.js';

/** What makes an existing key as the file says. */
export function changes(facts: KeyFacts, active: KeyVersion, pending: Operation | null): PlannedKey {
  const { managed, places } = facts;
  if (managed === null) return { actions: [], notes: [] };
  const notes: string[] = [];
  const rights = pending === null ? rightsActions(facts, active, notes) : { actions: [], roll: null };
  const remembered = pending === null ? rememberedPlaces(facts) : [];
  const update = updateAction(facts, active, rights.actions, remembered);
  const forgotten =
    places === 'unknown'
      ? []
      : [...managed.places, ...waitingPlaces(pending, managed)].filter(
          (kept) => machineOf(kept) === null && !places.some(({ place }) => place.id === kept.id),
        );
  const forget =
    forgotten.length === 0
      ? []
      : [
          action(
            'forget',
            active.id,
            `no longer in the file: ${forgotten.map(({ label }) => label).join(', ')}`,
            forgotten.map(({ id }) => id),
            {
              type: 'forget',
              places: forgotten.map(({ id }) => id),
            },
          ),
        ];
  if (pending !== null) return { actions: [...forget, ...update], notes };
  const missing = missingPlaces(facts, active, notes);
  const drifted = driftedPlaces(facts, active);
  const due = dueReason(facts, active);
  const undelivered =
    missing.length > 0 && !facts.inHand ? `${labels(missing)} does not have its secret` : null;
  const reasons = [due, rights.roll, undelivered].filter((reason) => reason !== null);
  if (reasons.length > 0) {
    return {
      actions: [...drifted, ...forget, ...update, rolled(facts, active, reasons, rights.roll !== null)],
      notes,
    };
  }
  const deliver =
    missing.length === 0
      ? []
      : [
          action(
            'deliver',
            active.id,
            `to ${labels(missing)}`,
            missing.map(({ place }) => place.id),
            { type: 'deliver', places: missing },
          ),
        ];
  // A place that is left may be the only one from which the secret can be read.
  return { actions: [...drifted, ...update, ...deliver, ...forget], notes };
}

/** Places that a pending operation would deliver to and remember: the file may have dropped them since. */
function waitingPlaces(
  pending: Operation | null,
  { places }: Pick<ManagedKey, 'places'>,
): Array<Delivery['place']> {
  return (pending?.deliveries ?? [])
    .filter(({ delivered, remembered }) => !delivered && remembered)
    .map(({ place }) => place)
    .filter(({ id }) => !places.some((kept) => kept.id === id));
}

function rolled(
  facts: KeyFacts,
  active: KeyVersion,
  reasons: readonly string[],
  otherRights: boolean,
): Action {
  const { entry, places } = facts;
  const why = reasons.join('; ');
  const elsewhere = rollElsewhere(facts, active.id, why);
  if (elsewhere !== null) return elsewhere;
  const isElsewhere = facts.managed?.places.some((kept) => machineOf(kept) !== null) === true;
  if (places === 'unknown' || (places.length === 0 && !isElsewhere)) {
    return action(
      'by_hand',
      active.id,
      `${why}: its places are unknown, so apply cannot roll it`,
      [active.id],
      DO_NOTHING,
    );
  }
  return action('roll', active.id, why, [active.id], {
    type: 'roll',
    rights: otherRights ? entry.rights : {},
  });
}

/** Rights that differ: changed at the vendor if it can, else a reason for a roll. */
function rightsActions(
  { entry, managed, record, provider, nextRun }: KeyFacts,
  active: KeyVersion,
  notes: string[],
): { readonly actions: Action[]; readonly roll: string | null } {
  if (record === null) return { actions: [], roll: null };
  const { edited, drifted, unknown } = compareRights(
    entry.rights,
    record,
    active.record,
    managed?.rights ?? null,
  );
  if (unknown.length > 0)
    notes.push(
      `${titleInSentence(provider)} does not tell ${unknown.join(', ')}, and the ledger does not know`,
    );
  const differ = [...edited, ...drifted];
  if (differ.length === 0) return { actions: [], roll: null };
  const change = changesFor(differ, entry.rights, record, provider, nextRun);
  const why = [
    edited.length === 0 ? '' : `the file has other ${edited.join(', ')}`,
    drifted.length === 0 ? '' : `somebody changed ${drifted.join(', ')}`,
  ];
  const text = why.filter((part) => part !== '').join('; ');
  if (change === null)
    return { actions: [], roll: `${text}, which ${titleInSentence(provider)} cannot change` };
  const kind = drifted.length > 0 ? 'drift' : 'update';
  return {
    actions: [
      action(kind, active.id, text, differ, {
        type: 'update',
        changes: change,
        renamed: false,
        places: [],
        remembered: [],
      }),
    ],
    roll: null,
  };
}

/** One action for all that changes without a new secret: rights, name, commands of places. */
function updateAction(
  facts: KeyFacts,
  active: KeyVersion,
  rights: readonly Action[],
  remembered: readonly PlannedPlace[],
): Action[] {
  const { entry, managed, record, provider, places } = facts;
  const [first] = rights;
  const of = first?.doing.type === 'update' ? first.doing : null;
  const renamed = managed !== null && managed.name !== entry.name;
  const misnamed =
    !renamed && provider.names.rule === 'free' && record !== null && isMisnamed(record, entry, provider);
  const canName = provider.names.rule === 'free' && provider.updates.includes('name');
  const commands = places === 'unknown' ? [] : changedCommands(managed, places);
  const name = (renamed || misnamed) && canName ? { name: entry.name } : null;
  const changed = of?.changes === null || of === null ? name : { ...of.changes, ...name };
  const ofPlaces = [...commands, ...remembered];
  if (of === null && !renamed && name === null && ofPlaces.length === 0) return [];
  const why = [
    ...(first === undefined ? [] : [first.why]),
    ...(renamed ? [`renamed from ${managed.name}`] : []),
    ...(misnamed && canName ? [`somebody renamed it to ${record?.name}`] : []),
    ...(commands.length === 0 ? [] : [`other command after ${labels(commands)}`]),
    ...(remembered.length === 0 ? [] : [`the next roll delivers to ${labels(remembered)} too`]),
  ];
  const about = [
    ...(first?.about ?? []),
    ...(renamed || name !== null ? ['name'] : []),
    ...ofPlaces.map(({ place }) => place.id),
  ];
  const kind = first?.kind === 'drift' || (misnamed && canName) ? 'drift' : 'update';
  return [
    action(kind, active.id, why.join('; '), about, {
      type: 'update',
      changes: changed,
      renamed,
      places: commands,
      remembered,
    }),
  ];
}

function isMisnamed(record: Key, { name }: FileKey, { names }: KeyFacts['provider']): boolean {
  return exactName(record.name) !== name && record.name !== names.stored?.(name);
}
