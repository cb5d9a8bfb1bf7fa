import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import type { KeyService } from '../domain/key-service.js';
import type { Context } from './context.js';
import { explaining } from './explain-errors.js';
import { findById } from './find-by-id.js';

/**
 * The keys of a connection as the console changes them: the ledger's record of a managed key changes with the key, as under the
 * command line. A console creates and rolls with its ledger. Errors show the hint of the program.
 */
export function createConsoleKeys(connection: Connection, context: Context): KeyService {
  const { service, kind } = connection;
  const { pause, unpause, ...changes } =
    kind === 'guided' ? refusedChanges() : changesOf(connection, context);
  const { pause: _, unpause: __, ...rest } = service;
  return explaining({
    ...rest,
    ...changes,
    ...(service.pause === undefined || kind === 'guided' ? {} : { pause, unpause }),
    async get(id) {
      return (await describer(connection, context))(await service.get(id));
    },
    async list(query) {
      const page = await service.list(query);
      return { ...page, keys: page.keys.map(await describer(connection, context)) };
    },
    async acknowledge(id, creation) {
      const { saveFromPage } = await import('./console-ledger.js');
      if (!(await saveFromPage(id, connection, context))) await service.acknowledge(id, creation);
    },
    async events(query) {
      try {
        return await service.events(query);
      } catch (error) {
        if (!(error instanceof KeysError) || error.code !== 'unsupported') throw error;
        return { events: [], next_cursor: null };
      }
    },
  });
}

/** Adds what the ledger knows to a record: a vendor calls a key active until its grace is over. */
async function describer(connection: Connection, context: Context) {
  const [{ createDescriber }, { accountOf }] = await Promise.all([
    import('../lifecycle/describe-key.js'),
    import('../lifecycle/account-of.js'),
  ]);
  return await createDescriber(await context.ledger(), accountOf(connection), context.clock.now());
}

type Changes = Required<Pick<KeyService, 'create' | 'update' | 'roll' | 'pause' | 'unpause' | 'revoke'>>;

function changesOf(connection: Connection, context: Context): Changes {
  const { service } = connection;
  const leases = async () => await (await import('../lifecycle/find-managed.js')).leaseMeans(context);
  const refuseOwn = async (id: string) =>
    await (await import('../lifecycle/refuse-own.js')).refuseOwn([id], connection);
  const byLedger = async (): Promise<never> => {
    throw new TypeError('the ledger of the console creates and rolls keys');
  };
  const setPaused = (working: 'paused' | 'active') => async (id: string) => {
    const { pauseKey } = await import('../lifecycle/pause-key.js');
    if (working === 'paused') await refuseOwn(id);
    return await pauseKey(await findById(id, connection, context), working, connection, await leases());
  };
  return {
    create: byLedger,
    roll: byLedger,
    async update(id, changes, options) {
      const { limitsKey, updateKey } = await import('../lifecycle/update-key.js');
      if (limitsKey(changes)) await refuseOwn(id);
      return await updateKey(
        await findById(id, connection, context),
        changes,
        service,
        await leases(),
        options,
      );
    },
    pause: setPaused('paused'),
    unpause: setPaused('active'),
    async revoke(id) {
      const [{ revokeKey }, { openMeans }] = await Promise.all([
        import('../lifecycle/revoke-key.js'),
        import('../lifecycle/open-means.js'),
      ]);
      const found = await findById(id, connection, context);
      await refuseOwn(id);
      // By id: the other versions of a managed key have pages of their own.
      await revokeKey({ ...found, by: 'id' }, {}, await openMeans(connection, context), context);
    },
  };
}

/** A person changes the keys in the vendor's dashboard, step by step: the terminal asks the questions. */
function refusedChanges(): Changes {
  const refuse = async (): Promise<never> => {
    throw new KeysError('conflict', 'these keys are managed by hand in a dashboard', {
      hint: 'the commands of keys lead through it on a terminal',
    });
  };
  return { create: refuse, update: refuse, roll: refuse, pause: refuse, unpause: refuse, revoke: refuse };
}
