import { KeysError } from './errors.js';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const SHORT = /^(?:\d+[smhdw])+$/;
/** ISO 8601 without years and months, whose length depends on where they are counted from. */
const ISO = /^P(?!$)(?:(\d+)W)?(?:(\d+)D)?(?:T(?!$)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
/** A hundred years: longer is a slip of the finger. */
const MOST_MS = 100 * 365.25 * UNIT_MS.d;

/** Milliseconds in `30d`, `12h`, `1h30m`, `0`, `P30D` or `PT12H`. Throws `usage` for anything else. */
export function parseDuration(text: string): number {
  const ms = tryDuration(text);
  if (ms === undefined) {
    throw new KeysError('usage', `not a duration: ${JSON.stringify(text)}`, {
      hint: 'such as 30m, 12h, 30d, 2w, 1h30m or PT12H',
    });
  }
  if (ms > MOST_MS) {
    throw new KeysError('usage', `a duration of more than a hundred years: ${JSON.stringify(text)}`, {
      hint: 'such as 90d or 52w',
    });
  }
  return ms;
}

function tryDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (SHORT.test(text)) {
    let ms = 0;
    for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
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
 * The instant that `30d` (from now), `2027-01-31` (midnight UTC at its start) or `2027-01-31T12:00:00Z` names, in epoch
 * milliseconds. Throws `usage` for what is none of them, for a day that does not exist, and for a time without a zone.
 */
export function parseInstant(text: string, nowMs: number): number {
  if (tryDuration(text) !== undefined) return nowMs + parseDuration(text);
  if (DATE.test(text) || DATE_TIME.test(text)) {
    const day = text.slice(0, 10);
    const midnight = Date.parse(`${day}T00:00:00Z`);
    const exists = Number.isFinite(midnight) && new Date(midnight).toISOString().startsWith(day);
    const at = Date.parse(DATE.test(text) ? `${text}T00:00:00Z` : text);
    if (exists && Number.isFinite(at)) return at;
  }
  throw new KeysError('usage', `not a time: ${JSON.stringify(text)}`, {
    hint: 'a duration from now (30d, 12h, P30D), a date (2027-01-31), or a time with its zone (2027-01-31T12:00:00Z)',
  });
}
