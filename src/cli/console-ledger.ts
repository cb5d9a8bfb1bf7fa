import type { Connection } from '../connect/connection.js';
import { isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { withOptionsOfSet } from '../domain/set-options.js';
import { accountOf } from '../lifecycle/account-of.js';
import type { Means } from '../lifecycle/means.js';
import type { Outcome } from '../lifecycle/outcome.js';
import { isStdout } from '../lifecycle/read-plan.js';
import type {
  ConsoleLedger,
  Delivered,
  ManagedFacts,
  PendingOperation,
} from '../service/console/console-ledger.js';
import { isUnfinished, type Operation, type OperationTarget } from '../storage/ledger/operation.js';

import type { Context } from './context.js';
import { explaining } from './explain-errors.js';
import { findById } from './find-by-id.js';

/**
 * Creates and rolls with the functions of `keys create` and `keys roll`. The page stands for stdout: its secret counts as delivered
 * when the person has saved it, and until then `keys resume` can show it again.
 */
export function createConsoleLedger(connection: Connection, given: Context): ConsoleLedger {
  const context = forPages(given);
  const { place, provider } = connection;
  const once = createOnce<Delivered>();
  const mine = async () =>
    (await (await context.ledger()).operations()).filter((operation) => operation.place === place);

  return explaining({
    async of(id: string): Promise<ManagedFacts | null> {
      const ledger = await context.ledger();
      const managed = await ledger.managed.byVersion(accountOf(connection), id);
      if (managed === null) return null;
      const { name, versions, places } = managed;
      const { stateAt } = await import('../domain/managed-key.js');
      const now = context.clock.now();
      return {
        name,
        versions: versions.map((version) => ({
          id: version.id,
          state: stateAt(version, now),
          endsAt: version.ends_at === null ? (version.record.expires_at ?? null) : isoTime(version.ends_at),
        })),
        places: places.map(({ label, delivered }) => ({ label, version: delivered?.id ?? null })),
        pending: (await ledger.operationsOf([managed.id]))
          .filter((one) => one.managed === managed.id)
          .map(pendingOf),
      };
    },

    pending: async () => (await mine()).map(pendingOf),

    create: async (request, form) =>
      await once(form, async () => {
        const { options = {}, ...rest } = request;
        const texts = Object.fromEntries(
          Object.entries(options).map(([name, value]) => [name, String(value)]),
        );
        const wanted = withOptionsOfSet(provider, rest, texts);
        connection.refuseInexpressible(wanted);
        const { createKey } = await import('../lifecycle/create-key.js');
        const order = { request: wanted, schedule: { rotate_ms: null, grace_ms: null }, flags: {} };
        const means = await pageMeans(connection, context);
        return await deliveredOf(await createKey(order, connection, means, context), context);
      }),

    roll: async (id, { grace_seconds }, form) =>
      await once(form, async () => {
        const [{ prepareGroups }, { rollKey }, { connectTo }] = await Promise.all([
          import('../lifecycle/roll-groups.js'),
          import('../lifecycle/roll-key.js'),
          import('../connect/open-connection.js'),
        ]);
        const open = async (set: OperationTarget['set']) => {
          const own = await connectTo(context, { ...connection.target, set });
          return { connection: own, means: await pageMeans(own, context) };
        };
        const choices = grace_seconds === undefined ? {} : { grace_ms: grace_seconds * 1000 };
        const found = await findById(id, connection, context);
        const here = { connection, means: await pageMeans(connection, context) };
        const rules = { choices, flags: {}, printable: true, open };
        const [group] = await prepareGroups([found], here, rules, context);
        const [prepared] = group?.prepared ?? [];
        if (group === undefined || prepared === undefined)
          throw new TypeError('a roll of one key is one roll');
        return await deliveredOf(await rollKey(prepared, group.connection, group.means), context);
      }),

    async resume(id) {
      const operation = (await mine()).find((one) => one.id === id);
      if (operation === undefined) throw new KeysError('not_found', 'this operation is finished already');
      const outcome = await resumed(operation, context, false);
      return outcome === null ? FINISHED : await deliveredOf(outcome, context);
    },
  } satisfies ConsoleLedger);
}

/** The person has saved the secret of this key: the operation goes on without the page. False: no operation waits for that. */
export async function saveFromPage(keyId: string, connection: Connection, given: Context): Promise<boolean> {
  const context = forPages(given);
  const operation = (await (await context.ledger()).operationsOf([keyId])).find(
    (one) => one.place === connection.place && one.key?.id === keyId && isUnsaved(one),
  );
  if (operation === undefined) return false;
  await resumed(operation, context, true);
  return true;
}

const FINISHED: Delivered = {
  key: null,
  shown: null,
  oldKey: null,
  places: [],
  waiting: null,
  operation: null,
};

/** A page shows what stdout would: that stdout of the console leads nowhere does not matter. */
function forPages(context: Context): Context {
  return { ...context, process: { ...context.process, stdoutGoesNowhere: () => false } };
}

/** Runs `work` once for calls under this name that overlap. */
function createOnce<Result>() {
  const running = new Map<string, Promise<Result>>();
  return async (name: string, work: () => Promise<Result>): Promise<Result> => {
    const known = running.get(name);
    if (known !== undefined) return await known;
    const started = work().finally(() => running.delete(name));
    running.set(name, started);
    return await started;
  };
}

/** `saved`: whether the person has saved what stdout would print. */
async function pageMeans(connection: Connection, context: Context, saved = false): Promise<Means> {
  const { openMeans } = await import('../lifecycle/open-means.js');
  const means = await openMeans(connection, context, { showSecrets: false });
  if (!saved) return means;
  return {
    ...means,
    open: async (place, shown) =>
      isStdout(place)
        ? { label: place.label, deliver: async () => undefined }
        : await means.open(place, shown),
  };
}

async function resumed(operation: Operation, context: Context, saved: boolean): Promise<Outcome | null> {
  const [{ resumeOne }, { reconnect }] = await Promise.all([
    import('../lifecycle/resume.js'),
    import('../connect/open-connection.js'),
  ]);
  const { outcome, error } = await resumeOne(operation, {
    ledger: await context.ledger(),
    connect: async (target) => await pageMeans(await reconnect(context, target), context, saved),
    now: () => context.clock.now(),
  });
  if (error !== null) throw error;
  return outcome;
}

function isUnsaved(operation: Operation): boolean {
  return isUnfinished(operation) && operation.deliveries.some((one) => isStdout(one.place) && !one.delivered);
}

function pendingOf(operation: Operation): PendingOperation {
  const { id, kind, name, key, created_at, deliveries, retire } = operation;
  const waits = deliveries.filter(({ place, delivered }) => !delivered && !isStdout(place));
  const ends = isUnfinished(operation) || retire?.at == null ? null : isoTime(retire.at);
  return {
    ...{ id, kind, name, keyId: key?.id ?? null, since: isoTime(created_at) },
    places: isUnfinished(operation) ? waits.map(({ place }) => place.label) : [],
    unsaved: isUnsaved(operation),
    oldKeyEnds: ends,
  };
}

/** Throws `conflict` for an operation that was closed without its key. */
async function deliveredOf(outcome: Outcome, { clock }: Context): Promise<Delivered> {
  const { operation, issued, pending, waiting, unproven, dropped } = outcome;
  if (dropped !== null)
    throw new KeysError('conflict', `the ${operation.kind} of ${operation.name} was not done: ${dropped}`);
  const reasons = new Map(pending.map(({ label, reason }) => [label, reason]));
  const unknown = unproven.map(({ id, name }) => `${id} (${name}) is new and may be it`);
  const unsaved = isUnsaved(operation);
  const held = waiting ?? (unknown.length > 0 ? unknown.join('; ') : null);
  return {
    key: issued?.key ?? operation.key,
    shown: unsaved ? issued : null,
    oldKey: await oldKeyText(outcome, unsaved, clock.now()),
    places: operation.deliveries
      .filter(({ place }) => !isStdout(place))
      .map(({ place: { label }, delivered }) => ({
        label,
        problem: delivered ? null : (reasons.get(label) ?? 'not delivered yet'),
      })),
    waiting: held,
    operation: isUnfinished(operation) ? operation.id : null,
  };
}

async function oldKeyText(outcome: Outcome, unsaved: boolean, now: number): Promise<string | null> {
  const { previous, retire, revokeFirst } = outcome.operation;
  if (previous === null) return null;
  if ((unsaved || outcome.pending.length > 0) && retire !== null && !revokeFirst) {
    const when = unsaved
      ? 'you confirm that you have saved the new secret'
      : 'every place has the new secret';
    const hours = Math.round(retire.grace_ms / 3_600_000);
    return hours === 0
      ? `the old key works until ${when}`
      : `the old key works on for ${hours === 1 ? '1 hour' : `${hours} hours`} after ${when}`;
  }
  const { oldKeyLine } = await import('./show-roll.js');
  return await oldKeyLine(outcome, now);
}
