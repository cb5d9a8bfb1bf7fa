import type { Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { createNameCache, fingerprint } from '../storage/name-cache.js';
import type { ConnectContext } from './connection.js';
import { resolveTarget } from './resolve-target.js';

type NamesContext = Pick<ConnectContext, 'clock' | 'directories' | 'env' | 'flags' | 'process' | 'settings'>;

/** Names that one call keeps for completion. */
const MOST_SEEN = 1_000;

/** Names the place that flags, environment and profile point to, for the cache of names. */
export function namesPlace(context: NamesContext): string {
  const { notices: _, none: __, ...target } = resolveTarget(context);
  // Names are no secret, but another credential may see others.
  const seenBy = target.useEnvironmentKey ? fingerprint(context.env['KEYS_API_KEY'] ?? '') : null;
  return JSON.stringify([target, context.directories().data, seenBy]);
}

/**
 * The same service. Every change of keys marks the cached names as outdated. With `remember`, the names of the keys that it
 * lists and changes are kept for completion: they are written once, when the call ends.
 */
export function trackingNames(service: KeyService, context: NamesContext, remember: boolean): KeyService {
  const names = () => createNameCache(context.directories().config, context.clock);
  const present = new Set<string>();
  const gone = new Set<string>();
  const see = (name: string, usable: boolean) => {
    if (!remember || present.size >= MOST_SEEN) return;
    if (present.size + gone.size === 0) {
      context.process.onEnd(async () => names().learn(namesPlace(context), { present, gone }));
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
  const { pause, unpause } = service;
  return {
    ...service,
    ...(pause === undefined || unpause === undefined
      ? {}
      : {
          async pause(...request) {
            const key = await pause(...request);
            changed(key);
            return key;
          },
          async unpause(...request) {
            const key = await unpause(...request);
            changed(key);
            return key;
          },
        }),
    async list(query) {
      const page = await service.list(query);
      for (const { name, status } of page.keys) see(name, status !== 'revoked');
      return page;
    },
    async create(...request) {
      const issued = await service.create(...request);
      changed(issued.key);
      return issued;
    },
    async update(...request) {
      const key = await service.update(...request);
      changed(key);
      return key;
    },
    async roll(...request) {
      const rolled = await service.roll(...request);
      changed(rolled.key);
      return rolled;
    },
    async revoke(...request) {
      await service.revoke(...request);
      names().forget();
    },
  };
}
