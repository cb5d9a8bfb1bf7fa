import { KeysError } from './errors.js';

/** A day in milliseconds. */
export const DAY_MS = 86_400_000;
/**
 * A month counts as 30 days and a year as 365 where only a length is asked for; from an instant on, the
 * calendar counts.
 */
const UNIT_MS = {
  s: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: DAY_MS,
  w: 7 * DAY_MS,
  mo: 30 * DAY_MS,
  y: 365 * DAY_MS,
} as const;
const SHORT = /^(?:\d+(?:mo|min|[smhdwy]))+$/;
const PART = /(\d+)(mo|min|[smhdwy])/g;
/** ISO 8601 without years and months, whose length depends on where they are counted from. */
const ISO = /^P(?!$)(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
/** A hundred years: longer is a slip of the finger. */
const MOST_MS = 100 * 365.25 * UNIT_MS.d;

/**
 * Milliseconds in `30d`, `12h`, `1h30m`, `9mo`, `1y`, `0`, `P30D` or `PT12H`. Throws `usage` for anything
 * else.
 */
export function parseDuration(text: string): number {
  const ms = tryDuration(text);
  if (ms === undefined) {
    throw new KeysError('usage', `not a duration: ${JSON.stringify(text)}`, {
      hint: 'such as 30m, 12h, 30d, 2w, 9mo, 1y, 1h30m or PT12H',
    });
  }
  if (ms > MOST_MS) {
    throw new KeysError('usage', `a duration of more than a hundred years: ${JSON.stringify(text)}`, {
      hint: 'such as 90d or 52w',
    });
  }
  return ms;
}

/** The same, and infinity for `never`. Throws `usage`. */
export function parseDurationOrNever(text: string): number {
  return text === 'never' ? Number.POSITIVE_INFINITY : parseDuration(text);
}

function tryDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (SHORT.test(text)) {
    let ms = 0;
    for (const [, amount, unit] of text.matchAll(PART)) {
      ms += Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS];
    }
    return ms;
  }
  const iso = ISO.exec(text);
  if (!iso) return undefined;
  const units = ['w', 'd', 'h', 'm', 's'] as const;
  return units.reduce((ms, unit, i) => ms + Number(iso[i + 1] ?? 0) * UNIT_MS[unit], 0);
}

/**
 * The instant that lies this duration after another, in epoch milliseconds. Months and years are those of the
 * calendar, in UTC.
 */
function after(nowMs: number, text: string): number {
  const at = new Date(nowMs);
  let rest = parseDuration(text);
  for (const [, amount, unit] of SHORT.test(text) ? text.matchAll(PART) : []) {
    if (unit !== 'mo' && unit !== 'y') continue;
    rest -= Number(amount) * UNIT_MS[unit];
    addMonths(at, Number(amount) * (unit === 'y' ? 12 : 1));
  }
  return at.getTime() + rest;
}

/** The same day of a later month, or that month's last day. */
function addMonths(at: Date, months: number): void {
  const day = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + months);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(day, last));
}

/**
 * The instant that `30d` (from now), `2027-01-31` (the last second of that day, in local time) or
 * `2027-01-31T12:00:00Z` names, in epoch milliseconds. Throws `usage` for what is none of them, for a day
 * that does not exist, and for a time without a zone.
 */
export function parseInstant(text: string, nowMs: number): number {
  if (tryDuration(text) !== undefined) return after(nowMs, text);
  if (DATE.test(text) || DATE_TIME.test(text)) {
    const day = text.slice(0, 10);
    const midnight = Date.parse(`${day}T00:00:00Z`);
    const exists = Number.isFinite(midnight) && new Date(midnight).toISOString().startsWith(day);
    // Without a zone, Date.parse reads a date with a time as local time.
    const at = Date.parse(DATE.test(text) ? `${text}T23:59:59` : text);
    if (exists && Number.isFinite(at)) return at;
  }
  throw new KeysError('usage', `not a time: ${JSON.stringify(text)}`, {
    hint: 'a duration from now (30d, 9mo, 1y, P30D), a date (2027-01-31), or a time with its zone (2027-01-31T12:00:00Z)',
  });
}
