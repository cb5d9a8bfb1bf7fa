import type { Key } from '../../domain/key.js';
import { type KeyVersion, stateAt } from '../../domain/managed-key.js';
import { titleInSentence } from '../../domain/systems.js';
import type { Operation } from '../../storage/ledger/operation.js';
import type { Action } from './action.js';
import { dueReason } from './due-reason.js';
import { waitsElsewhere } from './other-machines.js';
import { changes } from './plan-changes.js';
import {
  action,
  DO_NOTHING,
  type KeyFacts,
  labels,
  type PlannedKey,
  strangeConflict,
} from './planned-key.js';

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
  if (pending === undefined) return { actions: [...due, ...actions], notes };
  // Else the operation would deliver to places that are no longer in the file.
  const forgotten = actions.filter(({ doing }) => doing.type === 'forget');
  const others = actions.filter((one) => !forgotten.includes(one));
  return { actions: [...due, ...forgotten, ...resumed, ...others], notes };
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

function revocation({ entry, strangers, left }: KeyFacts, working: readonly KeyVersion[]): Action[] {
  if (working.length > 0) {
    const ids = working.map(({ id }) => id);
    return [action('revoke', ids[0] ?? null, 'revoked: true', ids, { type: 'revoke' })];
  }
  return strangers.map(({ id }) => strangeConflict(entry.name, id, left));
}

function resumption(operation: Operation): Action {
  const { id, kind, key, deliveries } = operation;
  const waits = deliveries.filter(({ delivered }) => !delivered).map(({ place }) => place.label);
  const why = waits.length === 0 ? `${id} is not finished` : `${id} is not finished: ${waits.join(', ')}`;
  const on = waitsElsewhere(operation);
  if (on !== null)
    return { ...action('deliver', key?.id ?? null, `${why}: run apply there`, [id], DO_NOTHING), on };
  return action(key === null ? kind : 'deliver', key?.id ?? null, why, [id], {
    type: 'resume',
    operation: id,
  });
}

/** A key without a version that works: it is created, or taken in. */
function beginning(facts: KeyFacts): Action[] {
  const { entry, listed, strangers, left, places, provider } = facts;
  if (entry.adopt !== null) {
    if (left.includes(entry.adopt)) return [strangeConflict(entry.name, entry.adopt, left)];
    const key = listed.find(({ id }) => id === entry.adopt);
    if (key === undefined) {
      return [
        action(
          'conflict',
          entry.adopt,
          `${titleInSentence(provider)} lists no active key ${entry.adopt}`,
          [entry.adopt],
          DO_NOTHING,
        ),
      ];
    }
    return [
      action('adopt', key.id, `${key.name} becomes a managed key`, [key.id], { type: 'adopt', id: key.id }),
    ];
  }
  const [stranger, ...others] = strangers;
  if (stranger !== undefined) return [strangeConflict(entry.name, stranger.id, left, others)];
  if (places === 'unknown') {
    return [
      action(
        'by_hand',
        null,
        'there is no such key, and its places are unknown: say them in the file',
        [],
        DO_NOTHING,
      ),
    ];
  }
  const ended = supersededBy(facts);
  if (ended !== undefined) {
    return [
      action(
        'conflict',
        ended.id,
        `creating it would end ${ended.name} (${ended.id})`,
        [ended.id],
        DO_NOTHING,
      ),
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
      action('by_hand', null, `create it in the dashboard of ${provider.title}`, [entry.name], DO_NOTHING),
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
          DO_NOTHING,
        ),
      ];
}

/** Another ledger may have rolled the key, or a person revoked it. */
function conflictOf(
  { entry, managed, record, strangers, left, provider }: KeyFacts,
  { id }: KeyVersion,
): Action | null {
  const since = record?.created_at ? Date.parse(record.created_at) : Number.NEGATIVE_INFINITY;
  const newer = strangers.find(
    (key) => record === null || !key.created_at || Date.parse(key.created_at) > since,
  );
  if (newer !== undefined) return strangeConflict(entry.name, newer.id, left);
  if (record !== null && ['active', 'retiring', undefined].includes(record.status)) return null;
  // The file may have a new name for it, which the ledger does not know yet.
  const name = managed?.name ?? entry.name;
  const why = `${id} is gone at ${titleInSentence(provider)}: was it rolled or revoked elsewhere? Revoke ${name} here too, and apply creates it again`;
  return action('conflict', id, why, [id], DO_NOTHING);
}
