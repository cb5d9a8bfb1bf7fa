import { isEnded } from '../domain/ended-key.js';
import { statusAt } from '../domain/filter-keys.js';
import type { Key } from '../domain/key.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { Owner, OwnerOf } from './file-findings.js';
import { type AuditSource, standing } from './key-rule.js';
import type { FoundSecret } from './repository/found.js';
import { referenceTo } from './rules.js';

/** Matches secrets found in files with listed keys. Keeps only the keys that match a found secret. */
export interface Owners {
  see(key: Key, source: AuditSource): void;
  readonly ownerOf: OwnerOf;
}

/** `known`: the ledger's keys, by which a found digest was recognised. `now`: epoch milliseconds. */
export function createOwners(
  found: readonly FoundSecret[],
  known: readonly LedgerKey[],
  now: number,
): Owners {
  const ids = new Set(found.map(({ provider, keyId }) => idOf(provider, keyId ?? '')));
  const byId = new Map<string, Owner>();
  for (const { provider, address, base_url, key } of known) {
    if (!ids.has(idOf(provider, key.id))) continue;
    const flags = [
      ...(provider === 'keys' ? [] : ['--provider', provider]),
      ...(base_url === null ? [] : ['--base-url', base_url]),
    ];
    const ended = isEnded(statusAt(key, now));
    byId.set(idOf(provider, key.id), {
      reference: referenceTo(key, { provider, address, profile: null }),
      flags,
      ended,
    });
  }
  // A key of our service that is not in the ledger is matched by prefix and last characters. If two keys
  // match, neither is used.
  const byMask = new Map<string, Owner[]>(
    found.filter(({ kind }) => kind === 'ours').map(({ masked }) => [masked, []]),
  );
  return {
    see(key, source) {
      const owner = () => ({
        reference: referenceTo(key, source),
        flags: source.flags,
        ended: isEnded(standing(key, now)),
      });
      const id = idOf(source.provider, key.id);
      if (ids.has(id)) byId.set(id, owner());
      byMask.get(`${key.prefix ?? ''}…${key.hint ?? ''}`)?.push(owner());
    },
    ownerOf({ provider, keyId, kind, masked }) {
      if (keyId !== undefined) return byId.get(idOf(provider, keyId)) ?? null;
      const candidates = kind === 'ours' ? (byMask.get(masked) ?? []) : [];
      return candidates.length === 1 ? (candidates[0] ?? null) : null;
    },
  };
}

function idOf(provider: string, id: string): string {
  return JSON.stringify([provider, id]);
}
