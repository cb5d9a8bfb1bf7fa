import type { Key } from './key.js';

/** What a key is known by in lists of several profiles: accounts of one vendor may have equal ids. */
export function keyIdentity(
  { id, name, created_at, prefix, hint }: Key,
  { provider, address }: { readonly provider: string; readonly address: string },
): string {
  return JSON.stringify([provider, address, id, name, created_at, prefix, hint]);
}
