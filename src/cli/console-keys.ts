import type { Connection } from '../connect/connection.js';
import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { KeyService } from '../domain/key-service.js';
import type { ResolvedKey } from '../lifecycle/lookup.js';
import type { Context } from './context.js';
import { hintOf, shellWord } from './hints.js';

/**
 * The keys of a connection as the console changes them: the ledger's record of a managed key changes with the key, as under the
 * command line. What only the command line can do safely is refused with its command. Errors show the hint of the program.
 */
export function createConsoleKeys(connection: Connection, context: Context): KeyService {
  const { service, kind, isKeyService } = connection;
  const { pause, unpause } = service;
  const changes = kind === 'guided' ? refusedChanges() : changesOf(connection, context);
  return explaining({
    ...service,
    ...changes,
    async create(request, creation) {
      if (!isKeyService) throw byCommand('keys create');
      return await service.create(request, creation);
    },
    async events(query) {
      try {
        return await service.events(query);
      } catch (error) {
        if (!(error instanceof KeysError) || error.code !== 'unsupported') throw error;
        return { events: [], next_cursor: null };
      }
    },
    ...(pause === undefined || unpause === undefined
      ? {}
      : { pause: changes.pause, unpause: changes.unpause }),
  });
}

type Changes = Required<Pick<KeyService, 'update' | 'roll' | 'pause' | 'unpause' | 'revoke'>>;

function changesOf(connection: Connection, context: Context): Changes {
  const { service, isKeyService } = connection;
  const find = async (id: string): Promise<ResolvedKey> => {
    const { findKey } = await import('../lifecycle/find-key.js');
    const found = await findKey(id, connection, context, { gone: false, prefixes: false });
    if (found.key.id === id) return found;
    throw new KeysError('not_found', `no such key: ${id}`);
  };
  const leases = async () => await (await import('../lifecycle/find-managed.js')).leaseMeans(context);
  const setPaused = (working: 'paused' | 'active') => async (id: string) => {
    const { pauseKey } = await import('../lifecycle/pause-key.js');
    return await pauseKey(await find(id), working, connection, await leases());
  };
  return {
    async update(id, changes, options) {
      const { updateKey } = await import('../lifecycle/update-key.js');
      return await updateKey(await find(id), changes, service, await leases(), options);
    },
    async roll(id, request, creation) {
      const { managed } = await find(id);
      if (managed !== null) throw byCommand(`keys roll ${shellWord(managed.name)}`);
      if (!isKeyService) throw byCommand(`keys roll ${shellWord(id)}`);
      return await service.roll(id, request, creation);
    },
    pause: setPaused('paused'),
    unpause: setPaused('active'),
    async revoke(id) {
      const [{ revokeKey }, { openMeans }, { refuseOwn }] = await Promise.all([
        import('../lifecycle/revoke-key.js'),
        import('../lifecycle/open-means.js'),
        import('../lifecycle/refuse-own.js'),
      ]);
      const found = await find(id);
      await refuseOwn([id], connection);
      // By id: the other versions of a managed key have pages of their own.
      await revokeKey({ ...found, by: 'id' }, {}, await openMeans(connection, context), context);
    },
  };
}

function byCommand(command: string): KeysError {
  return new KeysError('conflict', 'the console cannot do this for this key', {
    hint: `${command} does: it writes each step down first and delivers the secret to every place of the key`,
  });
}

/** A person changes the keys in the vendor's dashboard, step by step: the terminal asks the questions. */
function refusedChanges(): Changes {
  const refuse = async (): Promise<never> => {
    throw new KeysError('conflict', 'these keys are managed by hand in a dashboard', {
      hint: 'the commands of keys lead through it on a terminal',
    });
  };
  return { update: refuse, roll: refuse, pause: refuse, unpause: refuse, revoke: refuse };
}

/** The same operations, whose errors carry the whole hint, and the status of a conflict where the program refused. */
function explaining(service: KeyService): KeyService {
  const explained = Object.entries(service).map(([name, operation]) => [
    name,
    async (...input: unknown[]) => {
      try {
        return await (operation as (...input: unknown[]) => Promise<unknown>)(...input);
      } catch (error) {
        throw error instanceof KeysError ? explain(error) : error;
      }
    },
  ]);
  return Object.fromEntries(explained) as KeyService;
}

/** The error as a page shows it, which knows no names of next steps. */
export function explain(error: KeysError): KeysError {
  const { code, message, details, retryAfterSeconds, outcome, cause } = error;
  const hint = hintOf(error);
  const shown = code === 'refused' || code === 'unsupported' ? 'conflict' : code;
  return new KeysError(shown, message, compact({ hint, details, retryAfterSeconds, outcome, cause }));
}
