import { compact } from './compact.js';
import { KeysError } from './errors.js';

/** How often a key may be used. What is absent is not limited. */
export interface KeyLimits {
  /** Uses in a window of the clock, such as `100/min`. */
  readonly rate?: string;
  /** Uses in a period of the calendar, UTC, such as `10000/month`. */
  readonly quota?: string;
  /** Uses in all. */
  readonly uses?: number;
}

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
/** Milliseconds of each window. */
const WINDOWS = { s: SECOND_MS, min: 60 * SECOND_MS, h: 3_600 * SECOND_MS, day: DAY_MS } as const;
export type RateUnit = keyof typeof WINDOWS;
export type QuotaUnit = 'day' | 'month' | 'year';

/** The words that people write for a unit. */
const RATE_WORDS: Readonly<Record<string, RateUnit>> = {
  ...{ s: 's', sec: 's', second: 's', min: 'min', minute: 'min' },
  ...{ h: 'h', hour: 'h', d: 'day', day: 'day' },
};
const QUOTA_WORDS: Readonly<Record<string, QuotaUnit>> = {
  ...{ d: 'day', day: 'day', mo: 'month', month: 'month', y: 'year', year: 'year' },
};

/** Largest count: more than any key is used, and still exact. */
const MOST_USES = 1_000_000_000_000;

export interface Allowance<Unit> {
  readonly uses: number;
  readonly unit: Unit;
}

/** Reads such as `100/min`. Throws `invalid_request`. */
export function parseRate(text: string): Allowance<RateUnit> {
  return parse(text, RATE_WORDS, 'a rate', '100/min, with s, min, h or day');
}

/** Reads such as `10000/month`. Throws `invalid_request`. */
export function parseQuota(text: string): Allowance<QuotaUnit> {
  return parse(text, QUOTA_WORDS, 'a quota', '10000/month, with day, month or year');
}

function parse<Unit extends string>(
  text: string,
  words: Readonly<Record<string, Unit>>,
  what: string,
  example: string,
): Allowance<Unit> {
  const [, digits = '', word = ''] = /^(\d{1,13})\/([a-z]+)$/.exec(text) ?? [];
  const uses = Number(digits);
  const unit = Object.hasOwn(words, word) ? words[word] : undefined;
  if (unit !== undefined && uses >= 1 && uses <= MOST_USES) return { uses, unit };
  throw new KeysError('invalid_request', `not ${what}: ${JSON.stringify(text)}`, {
    hint: `such as ${example}`,
  });
}

/** The same limits with each unit by its own word. Throws `invalid_request`. */
export function normalLimits({ rate, quota, uses }: KeyLimits): KeyLimits {
  const write = ({ uses: count, unit }: Allowance<string>) => `${count}/${unit}`;
  return {
    ...(rate === undefined ? {} : { rate: write(parseRate(rate)) }),
    ...(quota === undefined ? {} : { quota: write(parseQuota(quota)) }),
    ...compact({ uses }),
  };
}

/** When a window began and when the next begins; epoch milliseconds. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The window of a rate at `now`: windows follow each other from 1970-01-01 on. */
export function rateSpan(unit: RateUnit, now: number): Span {
  const length = WINDOWS[unit];
  const start = Math.floor(now / length) * length;
  return { start, end: start + length };
}

/** The period of a quota at `now`, by the calendar in UTC. */
export function quotaSpan(unit: QuotaUnit, now: number): Span {
  const at = new Date(now);
  const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  if (unit === 'year') return { start: Date.UTC(year, 0), end: Date.UTC(year + 1, 0) };
  if (unit === 'month') return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
  return { start: Date.UTC(year, month, day), end: Date.UTC(year, month, day + 1) };
}

/** Such as `100/min, 10000/month, 5 uses`; empty where nothing is limited. */
export function limitsText({ rate, quota, uses }: KeyLimits): string {
  return [rate, quota, uses === undefined ? undefined : `${uses} ${uses === 1 ? 'use' : 'uses'}`]
    .filter((text) => text !== undefined)
    .join(', ');
}
