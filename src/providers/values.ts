import { isoTime } from '../domain/clock.js';
import { isEnded } from '../domain/ended-key.js';
import type { Key } from '../domain/key.js';
import type { RollKey, Verdict } from '../domain/key-service.js';

/** Whole seconds from `nowMs` until a time, at least one. */
export function secondsUntil(time: string, nowMs: number): number {
  return Math.max(1, Math.round((Date.parse(time) - nowMs) / 1000));
}

/** Grace of a roll whose vendor wants one to be named, where the caller leaves it open. */
export const DEFAULT_GRACE_SECONDS = 12 * 3600;

/**
 * When a roll at `nowMs` revokes the old key, in epoch milliseconds: after its grace, and never later than
 * its own expiry.
 */
export function graceEnd(
  { grace_seconds = DEFAULT_GRACE_SECONDS }: RollKey,
  { expires_at }: Key,
  nowMs: number,
): number {
  const end = nowMs + grace_seconds * 1000;
  return expires_at ? Math.max(nowMs, Math.min(end, Date.parse(expires_at))) : end;
}

/** The record of an old key after a roll that ends it at `endMs`. */
export function retired(old: Key, endMs: number, nowMs: number): Key {
  return { ...old, status: endMs <= nowMs ? 'revoked' : 'retiring', expires_at: isoTime(endMs) };
}

/**
 * The last part of a secret that its vendor shows masked, such as `…AbCd` of `sk-…AbCd`; undefined where
 * nothing is masked, or too little shown.
 */
export function shownEnd(masked: string | undefined): string | undefined {
  return /[.…*]([A-Za-z0-9]{3,8})$/.exec(masked ?? '')?.[1]?.slice(-4);
}

/** Whether a text shows this secret masked, such as `sk-or-v1-0e6...1c9`: with its beginning and its end. */
export function isMaskOf(masked: unknown, secret: string): boolean {
  const [, start = '', end = ''] = /^(\S{6,}?)[.…*]+(\S{3,})$/.exec(String(masked)) ?? [];
  return start !== '' && secret.startsWith(start) && secret.endsWith(end);
}

/** The verdict on a secret that the vendor does not know. */
export const UNKNOWN: Verdict = { valid: false, reason: 'unknown' };

/** The verdict on a key that the vendor knows, as its record has it. */
export function verdictOn(key: Key): Verdict {
  const { status } = key;
  if (isEnded(status)) return { valid: false, reason: status, key };
  return status === 'paused' ? { valid: false, reason: 'disabled', key } : { valid: true, key };
}
