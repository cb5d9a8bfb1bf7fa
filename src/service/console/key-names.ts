import type { AuditEvent } from '../../domain/audit-event.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyService } from '../../domain/key-service.js';

/** Names of keys by their ids. */
export type KeyNames = ReadonlyMap<string, string>;

/** What the id of a key of our own service looks like. */
export const KEY_ID = /^key_\w+$/;

const isKeyId = (value: unknown): value is string => typeof value === 'string' && KEY_ID.test(value);

/** Newest keys that are read at once. */
const NEWEST = 100;
/** Most keys that are read one by one. */
const MOST = 20;

/**
 * Names of the keys of these events and of those that asked for them, as far as a few requests tell them.
 * Throws what `list` throws.
 */
export async function namesIn(events: readonly AuditEvent[], service: KeyService): Promise<KeyNames> {
  const names = new Map<string, string>();
  const add = (id: string, name: unknown) => {
    if (typeof name === 'string' && name !== '') names.set(id, name);
  };
  const unknown = () => {
    const ids = events.flatMap(({ key_id, actor, details }) => [
      key_id ?? '',
      ...[actor, ...Object.values(details)].filter(isKeyId),
    ]);
    return [...new Set(ids)].filter((id) => id !== '' && !names.has(id));
  };
  if (unknown().length > MOST / 4)
    for (const { id, name } of (await service.list({ limit: NEWEST })).keys) add(id, name);
  await Promise.all(
    unknown()
      .slice(0, MOST)
      .map(async (id) => add(id, await nameOf(id, service))),
  );
  // A key that is gone has the name that it was created with.
  for (const { action, key_id, details } of events)
    if (action === 'created' && key_id !== null && !names.has(key_id)) add(key_id, details['name']);
  return names;
}

async function nameOf(id: string, service: KeyService): Promise<string> {
  try {
    return (await service.get(id)).name;
  } catch (error) {
    if (error instanceof KeysError) return '';
    throw error;
  }
}
