import { nodeCrypto } from './builtins.js';

/** SHA-256 in lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return nodeCrypto().createHash('sha256').update(data).digest('hex');
}
