import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { ProviderDefinition } from './define-provider.js';
import { handleOf } from './hide-secret.js';
import { outwardOf } from './key-handles.js';
import type { Run } from './run-operation.js';

/** The longest list in which a key is looked for by its id. */
const MOST_PAGES = 1_000;
/** Requests for single keys that are under way at one time. */
const AT_ONCE = 4;

/** How one key is found at a provider. */
export interface KeyLookup {
  /** Returns the key with this id. Throws `not_found`. */
  get(id: string): Promise<Key>;
  /**
   * Returns the vendor's own id of a key, and what of it is secret. Where that id is the secret, the list is
   * searched for the handle. Throws `not_found`.
   */
  ownId(id: string): Promise<{ readonly id: string; readonly secrets: readonly string[] }>;
  /** Returns each key in full, where the list has ids alone. A key that is gone by then is left out. */
  inFull(keys: readonly Key[]): Promise<Key[]>;
}

export function createKeyLookup(definition: ProviderDefinition, run: Run): KeyLookup {
  const outward = outwardOf(definition);

  async function find(fits: (key: Key) => boolean, id: string): Promise<Key> {
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { keys, next_cursor } = await run('list', compact({ cursor }));
      const found = keys.find(fits);
      if (found !== undefined) return found;
      if (next_cursor === null || next_cursor === cursor) break;
      cursor = next_cursor;
    }
    throw new KeysError('not_found', `no such key: ${id}`, { next: 'list_keys', details: { key_id: id } });
  }

  async function ownId(id: string) {
    if (!definition.idIsSecret) return { id, secrets: [] };
    const found = await find((key) => handleOf(key.id) === id, id);
    return { id: found.id, secrets: [found.id] };
  }

  return {
    ownId,

    async get(id) {
      if (definition.endpoints?.get === undefined)
        return outward(await find((key) => outward(key).id === id, id));
      const own = await ownId(id);
      return requireId(id, outward(await run('get', own.id, { secrets: own.secrets })));
    },

    async inFull(keys) {
      const whole: Key[] = [];
      for (let i = 0; i < keys.length; i += AT_ONCE) {
        const some = keys.slice(i, i + AT_ONCE).map(({ id }) => run('get', id).catch(noneIfNotFound));
        whole.push(...(await Promise.all(some)).filter((key) => key !== null));
      }
      return whole;
    },
  };
}

function noneIfNotFound(error: unknown): null {
  if (error instanceof KeysError && error.code === 'not_found') return null;
  throw error;
}

/** Returns the key. Throws `bad_response` for a response about another key than the one with this id. */
export function requireId(id: string, key: Key): Key {
  if (key.id === id) return key;
  throw new KeysError('bad_response', `asked for ${id}, and got ${key.id}`, {
    hint: 'does something in between respond from a cache?',
  });
}
