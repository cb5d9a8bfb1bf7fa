import { compact } from '../domain/compact.js';
import type { Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { createNameCache, foldedHash } from '../storage/name-cache.js';
import type { ConnectContext } from './connection.js';
import { resolveTarget } from './resolve-target.js';

type NamesContext = Pick<ConnectContext, 'clock' | 'directories' | 'env' | 'flags' | 'process' | 'settings'>;

/** Names that one call keeps for completion. */
const MOST_SEEN = 1_000;

/** What the cache of names keeps names under: the service that flags, environment and profile point to. */
export function namesOf(context: NamesContext): string {
  const { notices: _, none: __, ...target } = resolveTarget(context);
  // Names are no secret, but another credential may see others.
  const seenBy = target.useEnvironmentKey ? foldedHash(context.env['KEYS_API_KEY'] ?? '') : null;
  return JSON.stringify([target, context.directories().data, seenBy]);
}

/**
 * The same service. Every change of keys marks the cached names as outdated. With `remember`, the names of
 * the keys that it lists and changes are kept for completion: they are written once, when the call ends.
 */
export function trackingNames(service: KeyService, context: NamesContext, remember: boolean): KeyService {
  const names = () => createNameCache(context.directories().config, context.clock);
  const present = new Set<string>();
  const gone = new Set<string>();
  const see = (name: string, usable: boolean) => {
    if (!remember || present.size >= MOST_SEEN) return;
    if (present.size + gone.size === 0) {
      context.process.onEnd(async () => names().learn(namesOf(context), { present, gone }));
    }
    if (usable) {
      present.add(name);
      gone.delete(name);
    } else if (!present.has(name)) gone.add(name);
  };
  const changed = (key: Key) => {
    names().forget();
    see(key.name, true);
  };
  /** The same operation, which notes the key that it changed. */
  const noting =
    <Request extends unknown[], Result>(
      operation: (...request: Request) => Promise<Result>,
      keyOf: (result: Result) => Key,
    ) =>
    async (...request: Request): Promise<Result> => {
      const result = await operation(...request);
      changed(keyOf(result));
      return result;
    };
  const itself = (key: Key) => key;
  const { pause, unpause } = service;
  return {
    ...service,
    ...compact({ pause: pause && noting(pause, itself), unpause: unpause && noting(unpause, itself) }),
    create: noting(service.create, ({ key }) => key),
    update: noting(service.update, itself),
    roll: noting(service.roll, ({ key }) => key),
    async list(query) {
      const page = await service.list(query);
      for (const { name, status } of page.keys) see(name, status !== 'revoked');
      return page;
    },
    async revoke(...request) {
      await service.revoke(...request);
      names().forget();
    },
  };
}
