import type { Key } from '../domain/key.js';
import type { UpdateKey } from '../domain/key-service.js';
import { exactName, type ManagedKey } from '../domain/managed-key.js';
import type { Ledger } from '../storage/ledger/ledger.js';

/** The managed key as it is after a change at the service: its name, its rights and the version's record. */
export async function rememberUpdate(
  managed: ManagedKey,
  updated: Key,
  changes: UpdateKey,
  ledger: Ledger,
): Promise<void> {
  const { name, expires_at, ...rights } = changes;
  const lifetime =
    expires_at === undefined
      ? {}
      : { lifetime_ms: expires_at === null ? null : Date.parse(expires_at) - createdAt(updated, managed) };
  const known = managed.rights === null ? null : { ...managed.rights, ...rights, ...lifetime };
  await ledger.managed.save(
    {
      ...managed,
      name: name === undefined ? managed.name : exactName(name),
      rights: known,
      versions: managed.versions.map((version) =>
        version.id === updated.id ? { ...version, record: updated } : version,
      ),
    },
    null,
  );
}

function createdAt({ created_at }: Key, managed: ManagedKey): number {
  return created_at ? Date.parse(created_at) : managed.created_at;
}
