import { sha256 } from '../domain/sha256.js';
import type { Finding } from './finding.js';

/** The same for the same thing in every run, whatever line it has moved to: 32 hex digits. */
export function fingerprint({ rule, key, location, evidence }: Finding): string {
  const what = [rule, key?.provider, key?.address, key?.id, location?.file, evidence['masked'] ?? null];
  return sha256(JSON.stringify(what)).slice(0, 32);
}
