import type { CreatedKey, Key } from '../domain/key.js';
import type { ProviderDefinition } from './define-provider.js';
import { handleOf, withoutSecret } from './hide-secret.js';

/**
 * Returns a function that replaces ids with handles if the vendor's ids are secrets. Applied to every record
 * that leaves the engine.
 */
export function outwardOf({ idIsSecret }: Pick<ProviderDefinition, 'idIsSecret'>): (key: Key) => Key {
  return idIsSecret ? withHandles : (key) => key;
}

/** An created key as it leaves the engine. A response without an id has nothing for a handle to stand for. */
export function shownCreated(
  definition: Pick<ProviderDefinition, 'idIsSecret'>,
  created: CreatedKey,
): CreatedKey {
  return created.key.id === '' ? created : { ...created, key: outwardOf(definition)(created.key) };
}

/** A record with handles where its vendor has secrets. */
function withHandles(key: Key): Key {
  const { rolled_from, rolled_to } = key;
  return {
    ...withoutSecret(key, key.id, () => undefined),
    ...(rolled_from ? { rolled_from: handleOf(rolled_from) } : {}),
    ...(rolled_to ? { rolled_to: handleOf(rolled_to) } : {}),
  };
}
