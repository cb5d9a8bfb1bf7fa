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

function rightsOf(key: Key): PrincipalRights {
  const { scopes = [], environment = null, restrictions = {}, owner = null, expires_at } = key;
  return { scopes, environment, restrictions, owner, expires_at: expires_at ? Date.parse(expires_at) : null };
}
