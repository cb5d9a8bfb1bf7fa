import type { Key } from '../domain/key.js';
import { inEnvFiles, inRepository, type OwnerOf, type SearchedFolder } from './file-findings.js';
import type { Finding, Origin } from './finding.js';
import type { FoundSecret } from './repository/found.js';
import type { FileFinds } from './search-files.js';

/** The findings of files, each of which is returned once: with its key, or with the rest. */
export interface FoundByKey {
  /** Those that are known to be of this key. */
  of(key: Pick<Key, 'id'>, source: Pick<Origin, 'provider'>): readonly Finding[];
  /** All others: of no listed key, or of one that is recognised only once every key was listed. */
  rest(): readonly Finding[];
}

/** `finds`: null where no files were searched. */
export function foundByKey(finds: FileFinds | null, ownerOf: OwnerOf, folder: SearchedFolder): FoundByKey {
  const tracked = new Set(finds?.inRepository.flatMap((one) => (one.tracked ? [one.file] : [])));
  const taken = new Set<FoundSecret>();
  const take = (isMeant: (found: FoundSecret) => boolean): Finding[] => {
    if (finds === null) return [];
    const open = (found: FoundSecret) => !taken.has(found) && isMeant(found);
    const committed = finds.inRepository.filter(open);
    // Copies of one secret are of one key, so that they are still compared with each other.
    const inEnv = finds.inEnvFiles.filter(open);
    for (const found of [...committed, ...inEnv]) taken.add(found);
    return [
      ...committed.map((found) => inRepository(found, ownerOf(found), folder)),
      ...inEnvFiles(inEnv, ownerOf, folder, tracked),
    ];
  };
  const ids = new Set([...(finds?.inRepository ?? []), ...(finds?.inEnvFiles ?? [])].map(idOf));
  return {
    of: ({ id }, { provider }) =>
      ids.has(idOf({ provider, keyId: id }))
        ? take((found) => found.keyId === id && found.provider === provider)
        : [],
    rest: () => take(() => true),
  };
}

function idOf({ provider, keyId }: Pick<FoundSecret, 'provider' | 'keyId'>): string {
  return JSON.stringify([provider, keyId ?? null]);
}
