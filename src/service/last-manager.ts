import { allKeys } from '../domain/all-keys.js';
import type { Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { canManage, type PrincipalRights, replaces } from './rights.js';

/** Keys of one request. */
const PAGE = 1_000;

/**
 * Whether no other key could manage keys as fully and as long, by the rule of the service. Reads pages until
 * it finds one.
 */
export async function isLastManager(key: Key, service: KeyService): Promise<boolean> {
  const rights = rightsOf(key);
  if (!canManage(rights) || key.status !== 'active') return false;
  for await (const other of allKeys(service, { status: ['active'], limit: PAGE }))
    if (other.id !== key.id && replaces(rightsOf(other), rights)) return false;
  return true;
}

/**
 * Returns what answers the same for many keys. The service's keys are read once, at the first key that can
 * manage others: an audit of many must not read them all for each.
 */
export function createLastManagers(service: KeyService): (key: Key) => Promise<boolean> {
  let managers: Promise<ReadonlyArray<{ readonly id: string; readonly rights: PrincipalRights }>> | undefined;
  return async (key) => {
    const rights = rightsOf(key);
    if (!canManage(rights) || key.status !== 'active') return false;
    managers ??= readManagers(service);
    return !(await managers).some((other) => other.id !== key.id && replaces(other.rights, rights));
  };
}

async function readManagers(service: KeyService) {
  const found: Array<{ readonly id: string; readonly rights: PrincipalRights }> = [];
  for await (const key of allKeys(service, { status: ['active'], limit: PAGE })) {
    const rights = rightsOf(key);
    if (canManage(rights)) found.push({ id: key.id, rights });
  }
  return found;
}

function rightsOf(key: Key): PrincipalRights {
  const { scopes = [], environment = null, restrictions = {}, owner = null, expires_at } = key;
  return { scopes, environment, restrictions, owner, expires_at: expires_at ? Date.parse(expires_at) : null };
}
