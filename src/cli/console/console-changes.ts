import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import type { UpdateKey } from '../../domain/key-service.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import type { ConsoleChanges } from '../../service/console/console-ledger.js';
import type { Ledger } from '../../storage/ledger/ledger.js';
import { isUnfinished } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';
import { explaining } from '../explain-errors.js';
import { findById } from '../find-by-id.js';
import { forPage } from './page-context.js';

/**
 * Changes keys with the functions of `keys update`, `pause` and `revoke`: the ledger's record of a managed
 * key changes with the key. What they warn of is for the page.
 */
export function createConsoleChanges(connection: Connection, given: Context): ConsoleChanges {
  if (connection.kind === 'guided') return refusedChanges();
  const refuseOwn = async (id: string) =>
    await (await import('../../lifecycle/refuse-own.js')).refuseOwn([id], connection);
  /** Runs a change of one key, and returns its warnings. */
  const change = async (
    id: string,
    work: (found: ResolvedKey, context: Context) => Promise<readonly string[] | undefined>,
  ) => {
    const { context, said } = forPage(given);
    const found = await findById(id, connection, context);
    const { refuseKeysElsewhere } = await import('../../lifecycle/find/one-address.js');
    await refuseKeysElsewhere([found], connection, await context.ledger());
    const more = (await work(found, context)) ?? [];
    return [...said, ...more];
  };
  const setPaused = (working: 'paused' | 'active') => async (id: string) => {
    const { pauseKey } = await import('../../lifecycle/pause-key.js');
    if (working === 'paused') await refuseOwn(id);
    return await change(id, async (found, context) => {
      const { minutesAhead } = context;
      await pauseKey(found, working, connection, { ...(await leases(context)), minutesAhead });
      return undefined;
    });
  };
  return explaining({
    async update(id: string, changes: UpdateKey) {
      const { limitsKey, updateKey } = await import('../../lifecycle/update-key.js');
      if (limitsKey(changes)) await refuseOwn(id);
      return await change(id, async (found, context) => {
        await updateKey(found, changes, connection, await leases(context));
        return undefined;
      });
    },
    pause: setPaused('paused'),
    unpause: setPaused('active'),
    givenUpWith: async (id: string) => {
      const { oldKeysOfGivenUpRolls } = await import('../show/given-up-rolls.js');
      return await oldKeysOfGivenUpRolls(await findById(id, connection, given), [id], connection, given);
    },
    revoke: async (id: string) =>
      await change(id, async (found, context) => {
        await refuseOwn(id);
        return await revoke(found, connection, context);
      }),
  });
}

async function leases(context: Context) {
  return await (await import('../../lifecycle/find/find-managed.js')).leaseMeans(context);
}

/**
 * Revokes one key by its id: the other versions of a managed key have pages of their own. Returns what is
 * left of it.
 */
async function revoke(
  found: ResolvedKey,
  connection: Connection,
  context: Context,
): Promise<readonly string[]> {
  const [{ revokeKey }, { openMeans }, { oldKeysOfGivenUpRolls }] = await Promise.all([
    import('../../lifecycle/revoke-key.js'),
    import('../../lifecycle/operation/open-means.js'),
    import('../show/given-up-rolls.js'),
  ]);
  const oldKeys = await oldKeysOfGivenUpRolls(found, [found.key.id], connection, context);
  const means = await openMeans(connection, context);
  const before = await begun(found, means.ledger);
  await revokeKey({ ...found, by: 'id' }, {}, means, context);
  const after = new Set((await begun(found, means.ledger)).map(({ id }) => id));
  const { id } = found.key;
  const left = (found.managed?.places ?? []).filter(
    (place) => place.id !== 'keychain' && place.delivered?.id === id,
  );
  return [
    ...before
      .filter((operation) => !after.has(operation.id))
      .map(({ kind }) => `its ${kind} was not finished, and is given up`),
    ...oldKeys,
    ...left.map(({ label }) => `${label} still has the secret of this key`),
  ];
}

/** Creates and rolls of a managed key that are not finished. */
async function begun({ managed }: ResolvedKey, ledger: Ledger) {
  if (managed === null) return [];
  const found = await ledger.operationsOf([managed.id]);
  return found.filter((one) => one.managed === managed.id && isUnfinished(one));
}

/** A person changes the keys in the vendor's dashboard, step by step: the terminal asks the questions. */
function refusedChanges(): ConsoleChanges {
  const refuse = async (): Promise<never> => {
    throw new KeysError('conflict', 'these keys are managed by hand in a dashboard', {
      hint: 'the commands of keys lead through it on a terminal',
    });
  };
  return { update: refuse, pause: refuse, unpause: refuse, revoke: refuse, givenUpWith: async () => [] };
}
