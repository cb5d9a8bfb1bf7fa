import type { Key } from '../domain/key.js';
import { sha256 } from '../domain/sha256.js';

/** Characters of a digest that tell keys of one account apart. */
const LENGTH = 16;

/** What stands, everywhere outside the engine, for the id of a key whose id is its secret. */
export function handleOf(secret: string): string {
  return `id_${sha256(secret).slice(0, LENGTH)}`;
}

/** A record with handles where its vendor has secrets. */
export function withHandles(key: Key): Key {
  const { rolled_from, rolled_to } = key;
  return {
    ...key,
    id: handleOf(key.id),
    ...(rolled_from ? { rolled_from: handleOf(rolled_from) } : {}),
    ...(rolled_to ? { rolled_to: handleOf(rolled_to) } : {}),
  };
}
