import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import { fitsEnvironment, fitsStatus } from '../../domain/filter-keys.js';
import type { KeyService } from '../../domain/key-service.js';
import type { Context } from '../context.js';
import { explaining } from '../explain-errors.js';

/**
 * The keys of a connection as the pages of the console read them, with what the ledger knows of each. Pages
 * change keys with `ConsoleLedger`. Errors show the hint of the program.
 */
export function createConsoleKeys(connection: Connection, context: Context): KeyService {
  const { service, kind } = connection;
  const { pause, unpause, ...changes } = byLedger();
  const { pause: _, unpause: __, ...rest } = service;
  return explaining({
    ...rest,
    ...changes,
    ...(service.pause === undefined || kind === 'guided' ? {} : { pause, unpause }),
    async get(id) {
      return (await describer(connection, context))(await service.get(id));
    },
    async list(query) {
      const { queryBeforeDescription } = await import('../../lifecycle/describe-key.js');
      const page = await service.list(queryBeforeDescription(query));
      const keys = page.keys.map(await describer(connection, context));
      const own = query.environment === undefined ? connection.addressEnvironment : undefined;
      return {
        ...page,
        keys: keys.filter((key) => fitsStatus(key, query.status) && fitsEnvironment(key, own)),
      };
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
    import('../../lifecycle/describe-key.js'),
    import('../../lifecycle/find/account-of.js'),
  ]);
  return await createDescriber(await context.ledger(), accountOf(connection), context.clock.now());
}

type Changes = Required<Pick<KeyService, 'create' | 'update' | 'roll' | 'pause' | 'unpause' | 'revoke'>>;

/** Pages change keys with `ConsoleLedger`, which returns what a change warns of. */
function byLedger(): Changes {
  const refuse = async (): Promise<never> => {
    throw new TypeError('the ledger of the console creates and changes keys');
  };
  return { create: refuse, update: refuse, roll: refuse, pause: refuse, unpause: refuse, revoke: refuse };
}
