import { join } from 'node:path';
import { credentialParts, type IssuedKey } from '../domain/key.js';
import type { Output } from '../terminal/output.js';
import type { Target } from './resolve-target.js';

/** Folder of the embedded service's database. A profile with a policy has its own: a database keeps the policy that it was created under. */
export function embeddedFolder(
  dataDir: string,
  { policy, profile }: Pick<Target, 'policy' | 'profile'>,
): string {
  return policy === undefined || profile === null ? dataDir : join(dataDir, 'profiles', profile);
}

/** Shows the keys that a policy creates with its database. They are public, and there is no other time to show them. */
export function showFirstKeys(output: Pick<Output, 'say'>, keys: readonly IssuedKey[]): void {
  for (const { key, credential } of keys)
    output.say(`${key.name} (${key.type}): ${credentialParts(credential).join(' ')}`);
}
