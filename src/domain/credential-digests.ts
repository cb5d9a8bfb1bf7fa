import { createHash } from 'node:crypto';
import { type Credential, credentialParts } from './key.js';

/** SHA-256 in hex of each part of a credential. A text is recognised by it without being kept. */
export function credentialDigests(credential: Credential): string[] {
  return credentialParts(credential).map((part) => createHash('sha256').update(part).digest('hex'));
}
