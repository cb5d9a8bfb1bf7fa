import { sha256 } from '../domain/sha256.js';

/**
 * Names that have been seen, as 48 bits of their digests and the first key's id: some 10 MB for 100,000 keys,
 * whatever their names. That two names meet by chance is likelier than one in ten thousand only past seven
 * million keys.
 */
export interface NameRegister {
  /** The id of the first key of this name at this address; null: this is the first. */
  firstOf(scope: readonly (string | null | undefined)[], name: string, id: string): string | null;
}

export function createNameRegister(): NameRegister {
  const firstIds = new Map<number, string>();
  return {
    firstOf(scope, name, id) {
      const digest = Number.parseInt(sha256(JSON.stringify([...scope, name])).slice(0, 12), 16);
      const first = firstIds.get(digest);
      if (first === undefined) firstIds.set(digest, id);
      return first === undefined || first === id ? null : first;
    },
  };
}
