import { isoTime } from '../../domain/clock.js';

/** How a vendor writes a time in a request; those with `from-now` are durations, at least one unit. */
export const TIME_FORMS = [
  ...(['iso', 'iso-seconds', 'date', 'seconds', 'milliseconds'] as const),
  ...(['seconds-from-now', 'milliseconds-from-now'] as const),
] as const;
export type TimeForm = (typeof TIME_FORMS)[number];

/**
 * Epoch numbers below this are seconds, from it on milliseconds (1973 as milliseconds, the year 5138 as
 * seconds).
 */
const FIRST_MILLISECONDS = 1e11;
/** The last instant that a Date can hold. */
const LAST_INSTANT = 8.64e15;
const ISO = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?\s*(Z|UTC|[+-]\d\d(:?\d\d)?)?$/i;
const RFC_2822 = /^([A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d\d:\d\d(:\d\d)? ?([A-Z]{1,4}|[+-]\d{4})?$/;

/**
 * Epoch milliseconds of a time as vendors write it: ISO 8601, RFC 2822, epoch seconds or milliseconds (as
 * number or digits). A time without a zone is in UTC. Undefined for what is no time, or none that a Date can
 * hold.
 */
export function readTime(value: unknown): number | undefined {
  const at =
    typeof value === 'number' ? ofEpoch(value) : typeof value === 'string' ? ofText(value) : Number.NaN;
  return Number.isFinite(at) && Math.abs(at) <= LAST_INSTANT ? at : undefined;
}

function ofEpoch(value: number): number {
  return Math.abs(value) < FIRST_MILLISECONDS ? value * 1000 : value;
}

function ofText(value: string): number {
  if (/^\d{9,14}$/.test(value)) return ofEpoch(Number(value));
  const zone = ISO.exec(value)?.[4];
  // PostgreSQL writes an offset of whole hours without minutes.
  if (/^[+-]\d\d$/.test(zone ?? '')) return Date.parse(`${value}:00`);
  // A date alone is in UTC already.
  if (ISO.test(value)) return Date.parse(zone || value.length === 10 ? value : `${value}Z`);
  return RFC_2822.test(value) ? Date.parse(value) : Number.NaN;
}

/** An ISO 8601 time in the vendor's form. */
export function writeTime(time: string, form: TimeForm, nowMs: number): string | number {
  const at = Date.parse(time);
  switch (form) {
    case 'iso':
      return isoTime(at);
    case 'iso-seconds':
      return `${new Date(at).toISOString().slice(0, 19)}Z`;
    case 'date':
      return new Date(at).toISOString().slice(0, 10);
    case 'seconds':
      return Math.floor(at / 1000);
    case 'milliseconds':
      return at;
    case 'seconds-from-now':
      return Math.max(1, Math.round((at - nowMs) / 1000));
    case 'milliseconds-from-now':
      return Math.max(1, at - nowMs);
  }
}
