import { isDeepStrictEqual } from 'node:util';
import type { Connection } from '../../connect/connection.js';
import { isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { CreateKey, RollKey } from '../../domain/key-service.js';
import { withOptionsOfSet } from '../../domain/set-options.js';
import { accountOf } from '../../lifecycle/find/account-of.js';
import type { Outcome } from '../../lifecycle/operation/outcome.js';
import type { LeftKey } from '../../lifecycle/roll/left-by-hand.js';
import type {
  ConsoleLedger,
  Delivered,
  ManagedFacts,
  NewPlaces,
} from '../../service/console/console-ledger.js';
import type { Operation, OperationTarget } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';
import { explaining } from '../explain-errors.js';
import { findById } from '../find-by-id.js';
import { createConsoleChanges } from './console-changes.js';
import { deliveredOf, FINISHED, isUnsaved, pendingOf, pendingOfLeft } from './console-outcome.js';
import { createConsolePlaces, placeFlags, refuseNewReach } from './console-places.js';
import { forPage, type PageContext, pageMeans } from './page-context.js';

/**
 * Creates and rolls with the functions of `keys create` and `keys roll`. The page stands for stdout: its
 * secret counts as delivered when the person has saved it, and until then `keys resume` can show it again.
 */
export function createConsoleLedger(connection: Connection, given: Context): ConsoleLedger {
  const once = createOnce<Delivered>();
  const mine = async () =>
    (await (await given.ledger()).operations()).filter(({ address }) => address === connection.address);
  const methods = {
    of: async (id: string) => await managedFacts(id, connection, given),
    pending: async () => {
      const operations = await mine();
      return [
        ...operations.map(pendingOf),
        ...(await leftOf(operations, connection, given)).map(pendingOfLeft),
      ];
    },
    create: async (request: CreateKey, places: NewPlaces, form: string) =>
      await once(form, async () => await create(request, places, connection, forPage(given))),
    roll: async (id: string, request: RollKey, form: string) =>
      await once(form, async () => await roll(id, request, connection, forPage(given))),
    async resume(id: string) {
      const operation = (await mine()).find((one) => one.id === id);
      if (operation === undefined) throw new KeysError('not_found', 'this operation is finished already');
      const page = forPage(given);
      const outcome = await resumed(operation, connection, page.context, false);
      return outcome === null ? FINISHED : await deliveredOf(outcome, page);
    },
    saved: async (id: string) => await saveFromPage(id, connection, forPage(given)),
  };
  return {
    ...explaining(methods),
    places: createConsolePlaces(connection, given),
    changes: createConsoleChanges(connection, given),
  };
}

/**
 * Old keys of the dashboard of this connection that work until a person revokes them, as `keys pending` lists
 * them.
 */
async function leftOf(
  operations: readonly Operation[],
  { kind, provider }: Connection,
  { ledger, clock }: Context,
): Promise<readonly LeftKey[]> {
  if (kind !== 'guided') return [];
  const { leftByHand } = await import('../../lifecycle/roll/left-by-hand.js');
  const left = await leftByHand(await ledger(), operations, clock.now());
  return left.filter(({ managed }) => managed.account.provider === provider.id);
}

async function managedFacts(
  id: string,
  connection: Connection,
  context: Context,
): Promise<ManagedFacts | null> {
  const ledger = await context.ledger();
  const managed = await ledger.managed.byVersion(accountOf(connection), id);
  if (managed === null) return null;
  const { name, versions, places } = managed;
  const { stateAt } = await import('../../domain/managed-key.js');
  const now = context.clock.now();
  const operations = (await ledger.operationsOf([managed.id])).filter((one) => one.managed === managed.id);
  const left = (await leftOf(operations, connection, context)).filter((one) => one.managed.id === managed.id);
  return {
    name,
    versions: versions.map((version) => ({
      id: version.id,
      state: stateAt(version, now),
      endsAt: version.ends_at === null ? (version.record.expires_at ?? null) : isoTime(version.ends_at),
    })),
    places: places.map((place) => ({
      id: place.id,
      label: place.label,
      version: place.delivered?.id ?? null,
    })),
    pending: [...operations.map(pendingOf), ...left.map(pendingOfLeft)],
  };
}

async function create(
  request: CreateKey,
  places: NewPlaces,
  connection: Connection,
  page: PageContext,
): Promise<Delivered> {
  const { context } = page;
  const { options = {}, ...rest } = request;
  const texts = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)]));
  const wanted = withOptionsOfSet(connection.provider, rest, texts);
  connection.refuseInexpressible(wanted);
  await refuseNewReach(places.to, context);
  const [{ createKey }, { warnOfNamesake }] = await Promise.all([
    import('../../lifecycle/create/create-key.js'),
    import('../show/warn-of-namesake.js'),
  ]);
  await warnOfNamesake(wanted.name, connection, context);
  const schedule = { rotate_ms: null, grace_ms: null };
  const order = { request: wanted, schedule, flags: placeFlags(places) };
  const means = await pageMeans(connection, context);
  return await deliveredOf(await createKey(order, connection, means, context), page);
}

async function roll(
  id: string,
  { grace_seconds }: RollKey,
  connection: Connection,
  page: PageContext,
): Promise<Delivered> {
  const { context } = page;
  const [{ prepareGroups }, { rollKey }] = await Promise.all([
    import('../../lifecycle/roll/roll-groups.js'),
    import('../../lifecycle/roll/roll-key.js'),
  ]);
  const choices = grace_seconds === undefined ? {} : { grace_ms: grace_seconds * 1000 };
  const found = await findById(id, connection, context);
  const here = { connection, means: await pageMeans(connection, context) };
  const rules = { choices, flags: {}, showSecrets: false };
  const [group] = await prepareGroups([found], here, rules, context);
  const [prepared] = group?.prepared ?? [];
  if (group === undefined || prepared === undefined) throw new TypeError('a roll of one key is one roll');
  return await deliveredOf(await rollKey(prepared, group.connection, group.means), page);
}

/**
 * The operation of this key that waits until its secret is saved goes on without the page. Null: there is
 * none.
 */
async function saveFromPage(
  keyId: string,
  connection: Connection,
  page: PageContext,
): Promise<Delivered | null> {
  const operation = (await (await page.context.ledger()).operationsOf([keyId])).find(
    (one) => one.address === connection.address && one.key?.id === keyId && isUnsaved(one),
  );
  if (operation === undefined) return null;
  const outcome = await resumed(operation, connection, page.context, true);
  return outcome === null ? FINISHED : await deliveredOf(outcome, page);
}

/** Most forms that are remembered. */
const MOST_FORMS = 1_000;

/**
 * Runs `work` once for calls under this name that overlap. A later call that conflicts with what an earlier
 * one has done throws `response_gone`.
 */
function createOnce<Result>() {
  const running = new Map<string, Promise<Result>>();
  const done = new Set<string>();
  const first = async (name: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      const result = await work();
      if (done.size >= MOST_FORMS) done.delete(done.values().next().value ?? '');
      done.add(name);
      return result;
    } catch (error) {
      if (!done.has(name) || !(error instanceof KeysError) || error.code !== 'conflict') throw error;
      throw new KeysError('response_gone', 'this form was sent already');
    } finally {
      running.delete(name);
    }
  };
  return async (name: string, work: () => Promise<Result>): Promise<Result> => {
    const known = running.get(name) ?? first(name, work);
    running.set(name, known);
    return await known;
  };
}

async function resumed(
  operation: Operation,
  connection: Connection,
  context: Context,
  saved: boolean,
): Promise<Outcome | null> {
  const { resumeOne } = await import('../../lifecycle/operation/resume.js');
  const { outcome, error } = await resumeOne(operation, {
    ledger: await context.ledger(),
    connect: async (target) => await pageMeans(await reopened(target, connection, context), context, saved),
    now: () => context.clock.now(),
  });
  if (error !== null) throw error;
  return outcome;
}

/** The connection of an operation: the page's own, unless the operation was begun with other settings. */
async function reopened(
  target: OperationTarget,
  connection: Connection,
  context: Context,
): Promise<Connection> {
  if (isDeepStrictEqual(target, connection.target)) return connection;
  const { reconnect } = await import('../../connect/open-connection.js');
  return await reconnect(context, target);
}
