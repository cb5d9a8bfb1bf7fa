import { join } from 'node:path';
import { type CreatedKey, credentialParts } from '../domain/key.js';
import type { Output } from '../terminal/output.js';
import type { Target } from './resolve-target.js';

/**
 * Folder of the embedded service's database. A profile with a policy has its own: a database keeps the policy
 * that it was created under.
 */
export function embeddedFolder(
  dataDir: string,
  { baseUrl, policy, profile }: Pick<Target, 'baseUrl' | 'policy' | 'profile'>,
): string {
  const isOwn = baseUrl === null && policy !== undefined && profile !== null;
  return isOwn ? join(dataDir, 'profiles', profile) : dataDir;
}

/**
 * Shows the keys that a policy creates with its database. They are public, and there is no other time to show
 * them.
 */
export function showFirstKeys(output: Pick<Output, 'say'>, keys: readonly CreatedKey[]): void {
  for (const { key, credential } of keys)
    output.say(`${key.name} (${key.type}): ${credentialParts(credential).join(' ')}`);
}
