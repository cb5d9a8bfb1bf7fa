import { KeysError } from '../../domain/errors.js';
import type { InvalidReason } from '../../domain/key-service.js';
import type { LimitState } from '../limit-counter.js';
import { refusal } from './refusal.js';

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): each limit by its kind, with
 * what is left of it.
 */
export function limitHeaders(states: readonly LimitState[]): Array<readonly [name: string, value: string]> {
  const item = (kind: string, parameters: Readonly<Record<string, number | null>>) =>
    [
      `"${kind}"`,
      ...Object.entries(parameters).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`])),
    ].join(';');
  return [
    [
      'ratelimit-policy',
      states.map(({ kind, most, windowSeconds }) => item(kind, { q: most, w: windowSeconds })).join(', '),
    ],
    [
      'ratelimit',
      states.map(({ kind, left, resetSeconds }) => item(kind, { r: left, t: resetSeconds })).join(', '),
    ],
  ];
}

/** 429 with the seconds until the window ends; 403 where no use is ever left. */
export function limitRefusal(reason: InvalidReason, { most, resetSeconds }: LimitState): KeysError {
  const { message, hint = '' } = refusal(reason, { facts: {} });
  const details = { reason, limit: most };
  if (resetSeconds === null) return new KeysError('forbidden', message, { hint, details });
  return new KeysError('rate_limited', message, { hint, details, retryAfterSeconds: resetSeconds });
}
