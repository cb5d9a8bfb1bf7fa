import { type Credential, credentialParts } from './key.js';
import { sha256 } from './sha256.js';

/** SHA-256 in hex of each part of a credential. A text is recognised by it without being kept. */
export function credentialDigests(credential: Credential): string[] {
  return credentialParts(credential).map(sha256);
}
