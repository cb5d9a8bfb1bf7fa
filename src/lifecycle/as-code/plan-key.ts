import { isoTime } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import { exactName, type KeyVersion, type ManagedKey, stateAt } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { PlannedPlace } from '../key-places.js';
import type { Action, ActionKind, Doing } from './action.js';
import { changesFor, compareRights } from './compare-rights.js';
import type { FileKey } from './keys-file.js';

/** What is known of one key of the file: from the ledger, the vendor and its places. */
export interface KeyFacts {
  readonly entry: FileKey;
  readonly managed: ManagedKey | null;
  /** Its operations that are not finished. */
  readonly operations: readonly Operation[];
  /** Active and retiring keys of the account, as the vendor lists them. */
  readonly listed: readonly Key[];
  /** The active version as the vendor tells it; null: the vendor does not have it, or there is none. */
  readonly record: Key | null;
  /** Active keys with the name of the entry that nobody here created. */
  readonly strangers: readonly Key[];
  readonly places: readonly PlannedPlace[] | 'unknown';
  /** Whether the ledger has seen the secret of the active version. */
  readonly secretKnown: boolean;
  /** Whether a place has the secret of the active version and can be read. */
  readonly inHand: boolean;
  /** Ids of places that hold something else than the secret of the active version, and of places that hold nothing. */
  readonly changedPlaces: readonly string[];
  readonly emptiedPlaces: readonly string[];
  readonly provider: Pick<Provider, 'title' | 'names' | 'updates' | 'options' | 'supersedes'>;
  /** Whether a person creates and rolls its keys, in a dashboard. */
  readonly byHand: boolean;
  readonly now: number;
  /** Epoch milliseconds of the next run of apply. */
  readonly nextRun: number;
}

export interface PlannedKey {
  readonly actions: readonly Action[];
  readonly notes: readonly string[];
}

const NOTHING: Doing = { type: 'nothing' };

function action(
  kind: ActionKind,
  id: string | null,
  why: string,
  about: readonly string[],
  doing: Doing,
): Action {
  return { kind, id, why, about, doing };
}

/** Decides what a key needs to be as the file says. Empty: nothing. */
export function planKey(facts: KeyFacts): PlannedKey {
  const due = dueRetirements(facts);
  const { entry, managed, now } = facts;
  const working = managed === null ? [] : managed.versions.filter((version) => isWorking(version, now));
  if (entry.revoked) return { actions: [...due, ...revocation(facts, working)], notes: [] };
  const active = activeOf(working);
  const pending = facts.operations.find(({ step }) => step !== 'retiring');
  if (facts.byHand) return { actions: [...due, ...byHand(facts, active)], notes: [] };
  const resumed = pending === undefined ? [] : [resumption(pending)];
  if (active === null) {
    return { actions: [...due, ...(pending === undefined ? beginning(facts) : resumed)], notes: [] };
  }
  const conflict = pending === undefined ? conflictOf(facts, active) : null;
  if (conflict !== null) return { actions: [...due, conflict], notes: [] };
  const { actions, notes } = changes(facts, active, pending ?? null);
  return { actions: [...due, ...resumed, ...actions], notes };
}

function isWorking(version: KeyVersion, now: number): boolean {
  return ['active', 'pending', 'retiring'].includes(stateAt(version, now));
}

function activeOf(working: readonly KeyVersion[]): KeyVersion | null {
  return (
    working.find(({ state }) => state === 'active') ??
    working.find(({ state }) => state === 'pending') ??
    null
  );
}

/** Old versions whose grace is over. */
function dueRetirements({ operations, now }: KeyFacts): Action[] {
  return operations
    .filter(({ step, retire }) => step === 'retiring' && retire !== null && (retire.at ?? 0) <= now)
    .map(({ id, retire }) =>
      action('revoke', retire?.id ?? null, 'its grace is over', [retire?.id ?? id], {
        type: 'resume',
        operation: id,
      }),
    );
}

function revocation({ entry, strangers }: KeyFacts, working: readonly KeyVersion[]): Action[] {
  if (working.length > 0) {
    const ids = working.map(({ id }) => id);
    return [action('revoke', ids[0] ?? null, 'revoked: true', ids, { type: 'revoke' })];
  }
  return strangers.map(({ id }) => strangeConflict(entry.name, id));
}

function resumption({ id, kind, key, deliveries }: Operation): Action {
  const waits = deliveries.filter(({ delivered }) => !delivered).map(({ place }) => place.label);
  const why = waits.length === 0 ? `${id} is not finished` : `${id} is not finished: ${waits.join(', ')}`;
  return action(key === null ? kind : 'deliver', key?.id ?? null, why, [id], {
    type: 'resume',
    operation: id,
  });
}

/** A key without a version that works: it is created, or taken in. */
function beginning(facts: KeyFacts): Action[] {
  const { entry, listed, strangers, places, provider } = facts;
  if (entry.adopt !== null) {
    const key = listed.find(({ id }) => id === entry.adopt);
    if (key === undefined) {
      return [
        action(
          'conflict',
          entry.adopt,
          `${provider.title} lists no active key ${entry.adopt}`,
          [entry.adopt],
          NOTHING,
        ),
      ];
    }
    return [
      action('adopt', key.id, `${key.name} becomes a managed key`, [key.id], { type: 'adopt', id: key.id }),
    ];
  }
  const [stranger] = strangers;
  if (stranger !== undefined) return [strangeConflict(entry.name, stranger.id)];
  if (places === 'unknown') {
    return [
      action(
        'by_hand',
        null,
        'there is no such key, and its places are unknown: say them in the file',
        [],
        NOTHING,
      ),
    ];
  }
  const ended = supersededBy(facts);
  if (ended !== undefined) {
    return [
      action('conflict', ended.id, `creating it would end ${ended.name} (${ended.id})`, [ended.id], NOTHING),
    ];
  }
  return [
    action(
      'create',
      null,
      `for ${labels(places)}`,
      places.map(({ place }) => place.id),
      { type: 'create' },
    ),
  ];
}

function strangeConflict(name: string, id: string): Action {
  const why = `${id} is active, has this name, and is not in the ledger: adopt: ${JSON.stringify(id)} takes it in`;
  return action('conflict', id, why, [name, id], NOTHING);
}

function isActive({ status }: Key): boolean {
  return status === undefined || status === 'active';
}

/** A key that a new one of the same service and environment would end. */
function supersededBy({ provider, listed, entry }: KeyFacts): Key | undefined {
  if (!provider.supersedes) return undefined;
  const { service = null, environment } = entry.rights;
  return listed.find(
    (key) =>
      isActive(key) &&
      (key.service ?? null) === service &&
      (environment === undefined || key.environment === environment) &&
      !key.scopes?.some((scope) => scope.startsWith('keys:')),
  );
}

function byHand(facts: KeyFacts, active: KeyVersion | null): Action[] {
  const { entry, provider } = facts;
  if (active === null)
    return [
      action('by_hand', null, `create it in the dashboard of ${provider.title}`, [entry.name], NOTHING),
    ];
  const due = dueReason(facts, active);
  return due === null
    ? []
    : [
        action(
          'by_hand',
          active.id,
          `roll it in the dashboard of ${provider.title}: ${due}`,
          [active.id],
          NOTHING,
        ),
      ];
}

/** Another ledger may have rolled the key, or a person revoked it. */
function conflictOf({ entry, record, strangers, provider }: KeyFacts, { id }: KeyVersion): Action | null {
  const since = record?.created_at ? Date.parse(record.created_at) : Number.NEGATIVE_INFINITY;
  const newer = strangers.find(
    (key) => record === null || !key.created_at || Date.parse(key.created_at) > since,
  );
  if (newer !== undefined) return strangeConflict(entry.name, newer.id);
  if (record !== null && ['active', 'retiring', undefined].includes(record.status)) return null;
  const why = `${id} is gone at ${provider.title}: was it rolled or revoked elsewhere? Revoke the key here too, and apply creates it again`;
  return action('conflict', id, why, [id], NOTHING);
}

/** What makes an existing key as the file says. */
function changes(facts: KeyFacts, active: KeyVersion, pending: Operation | null): PlannedKey {
  const { managed, places } = facts;
  if (managed === null) return { actions: [], notes: [] };
  const notes: string[] = [];
  const rights = pending === null ? rightsActions(facts, active, notes) : { actions: [], roll: null };
  const remembered = pending === null ? rememberedPlaces(facts) : [];
  const update = updateAction(facts, active, rights.actions, remembered);
  const forgotten =
    places === 'unknown'
      ? []
      : managed.places.filter(({ id }) => !places.some(({ place }) => place.id === id));
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
  if (reasons.length > 0)
    return {
      actions: [...drifted, ...forget, ...update, rolled(facts, active, reasons, rights.roll !== null)],
      notes,
    };
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
  return { actions: [...drifted, ...forget, ...update, ...deliver], notes };
}

function rolled(
  { entry, places }: KeyFacts,
  active: KeyVersion,
  reasons: readonly string[],
  otherRights: boolean,
): Action {
  const why = reasons.join('; ');
  if (places === 'unknown' || places.length === 0) {
    return action(
      'by_hand',
      active.id,
      `${why}: its places are unknown, so apply cannot roll it`,
      [active.id],
      NOTHING,
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
    notes.push(`${provider.title} does not tell ${unknown.join(', ')}, and the ledger does not know`);
  const differ = [...edited, ...drifted];
  if (differ.length === 0) return { actions: [], roll: null };
  const change = changesFor(differ, entry.rights, record, provider, nextRun);
  const why = [
    edited.length === 0 ? '' : `the file has other ${edited.join(', ')}`,
    drifted.length === 0 ? '' : `somebody changed ${drifted.join(', ')}`,
  ];
  const text = why.filter((part) => part !== '').join('; ');
  if (change === null) return { actions: [], roll: `${text}, which ${provider.title} cannot change` };
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

function changedCommands(managed: ManagedKey | null, places: readonly PlannedPlace[]): PlannedPlace[] {
  return places.filter(({ place }) => {
    const kept = managed?.places.find(({ id }) => id === place.id);
    return kept !== undefined && kept.spec['then'] !== place.spec['then'];
  });
}

/** Places of the file that do not have the secret of the active version. */
function missingPlaces(facts: KeyFacts, { id, generation }: KeyVersion, notes: string[]): PlannedPlace[] {
  const { places, managed, secretKnown, emptiedPlaces } = facts;
  if (places === 'unknown') return [];
  const missing: PlannedPlace[] = [];
  for (const one of places) {
    const kept = managed?.places.find((place) => place.id === one.place.id);
    const has = kept?.delivered?.id === id && kept.delivered.generation === generation;
    // Of a key that was taken in, nobody knows the secret: its places may have it already.
    if ((kept?.delivered ?? null) === null && !secretKnown) {
      notes.push(`${one.place.label} gets its secret with the next roll`);
    } else if (!has || emptiedPlaces.includes(one.place.id)) {
      missing.push(one);
    }
  }
  return missing;
}

/** New places of a key whose secret nobody here has seen: they may have it already, so only the next roll delivers there. */
function rememberedPlaces({ places, managed, secretKnown }: KeyFacts): PlannedPlace[] {
  if (places === 'unknown' || secretKnown) return [];
  return places.filter(({ place }) => managed?.places.every(({ id }) => id !== place.id));
}

/** Places whose value somebody changed: reported, and overwritten by the next roll alone. */
function driftedPlaces({ places, changedPlaces }: KeyFacts, { id }: KeyVersion): Action[] {
  if (places === 'unknown') return [];
  return places
    .filter(({ place }) => changedPlaces.includes(place.id))
    .map(({ place }) =>
      action(
        'drift',
        id,
        `somebody changed the value at ${place.label}; the next roll overwrites it`,
        [place.id],
        NOTHING,
      ),
    );
}

/** Why the key is due for a roll; null: it is not. */
function dueReason({ entry, managed, record, now, nextRun }: KeyFacts, active: KeyVersion): string | null {
  const expires = (record ?? active.record).expires_at;
  const end = active.ends_at ?? (expires ? Date.parse(expires) : null);
  if (end !== null && end <= nextRun) return `expires at ${isoTime(end)}, before the next run`;
  if (entry.rotate_ms === null) return null;
  const since = startOf(active, managed);
  return since !== null && now - since >= entry.rotate_ms ? `in use since ${isoTime(since)}: due` : null;
}

/**
 * When the active secret was created; null: not known. A roll that keeps the id keeps the vendor's time of creation too, and some
 * vendors tell none: then the first delivery counts.
 */
function startOf({ id, generation, record }: KeyVersion, managed: ManagedKey | null): number | null {
  if (generation === 1 && record.created_at) return Date.parse(record.created_at);
  const delivered = (managed?.places ?? []).flatMap(({ delivered: one }) =>
    one !== null && one.id === id && one.generation === generation ? [one.at] : [],
  );
  if (delivered.length > 0) return Math.min(...delivered);
  return managed !== null && managed.versions.length === 1 && generation === 1 ? managed.created_at : null;
}

function labels(places: readonly PlannedPlace[]): string {
  return places.map(({ place }) => place.label).join(', ');
}
