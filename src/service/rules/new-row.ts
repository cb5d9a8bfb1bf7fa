import { isoTime } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { normalLimits } from '../../domain/key-limits.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Policy } from '../policies/policy.js';

/**
 * The row of a new key, as far as the request and the policy decide it. Throws `invalid_request` for an
 * expiry that has passed.
 */
export function newRow(request: CreateKey, policy: Policy, now: number) {
  return {
    name: request.name,
    type: request.type ?? 'secret',
    environment: environmentOf(request, policy),
    service: request.service ?? null,
    scopes: request.scopes ?? [],
    restrictions: request.restrictions ?? {},
    limits: normalLimits(request.limits ?? {}),
    owner: request.owner ?? null,
    metadata: request.metadata ?? {},
    created_at: now,
    last_used: null,
    expires_at: futureTime(request.expires_at, now),
    revoked_at: null,
    paused_at: null,
    rolled_from: null,
    rolled_to: null,
  } as const;
}

/** The environment that a request names, or the policy's default. */
export function environmentOf({ environment }: Pick<CreateKey, 'environment'>, policy: Policy): string {
  return environment ?? policy.environments[0] ?? 'live';
}

/** Epoch milliseconds; null: never. Throws `invalid_request` for an expiry that has passed. */
export function futureTime(iso: string | null | undefined, now: number): number | null {
  if (iso === null || iso === undefined) return null;
  const at = Date.parse(iso);
  if (at > now) return at;
  throw new KeysError('invalid_request', `expires_at: has passed already: ${iso}`, {
    hint: `it is ${isoTime(now)} now`,
    details: { member: 'expires_at' },
  });
}
