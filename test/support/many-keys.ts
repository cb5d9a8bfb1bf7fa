import { createHash } from 'node:crypto';
import type { KeyRow } from '../../src/service/store/key-store.js';

/** Keys of every kind, in batches of 500: none is like another, and the same number makes the same keys. */
export async function* manyKeys(count: number): AsyncIterable<readonly KeyRow[]> {
  for (let start = 0; start < count; start += 500) {
    yield Array.from({ length: Math.min(500, count - start) }, (_, i) => keyNumber(start + i));
  }
}

function keyNumber(n: number): KeyRow {
  const digest = createHash('sha256').update(`key ${n}`).digest('hex');
  // A time of creation in a stored row: no clock is compared with it.
  const at = Date.parse('2026-01-01T00:00:00Z') + n * 1_000;
  const every = (part: number, value: number) => (n % part === 0 ? value : null);
  return {
    id: `key_${digest.slice(0, 20)}`,
    digest,
    name: n % 10 === 0 ? `ключ "${n}" 🔑 \\n` : `key ${n}`,
    type: n % 4 === 0 ? 'public' : 'secret',
    environment: n % 3 === 0 ? 'test' : 'live',
    service: n % 5 === 0 ? 'shop' : null,
    prefix: 'sk_live_',
    hint: digest.slice(-4),
    scopes: n % 2 === 0 ? ['invoices:read', 'invoices:write'] : [],
    restrictions: n % 7 === 0 ? { ips: ['10.0.0.0/8'], endpoints: ['GET /v1/*'] } : {},
    limits: n % 19 === 0 ? { rate: '100/min', quota: '10000/month', uses: n + 1 } : {},
    owner: n % 23 === 0 ? `team ${n % 5}` : null,
    metadata: n % 6 === 0 ? { owner: `team ${n % 11}`, 'a "b"': 'c\u0000d' } : {},
    created_at: at,
    last_used: every(3, at + 5_000),
    expires_at: n % 13 === 0 ? at + 9_000 : every(8, at + 86_400_000),
    revoked_at: every(9, at + 7_000),
    paused_at: null,
    rolled_from: n % 13 === 1 ? `key_${'0'.repeat(20)}` : null,
    rolled_to: n % 13 === 0 ? `key_${'1'.repeat(20)}` : null,
    sealed_secret_key: n % 17 === 0 ? digest.slice(0, 43) : null,
  };
}
