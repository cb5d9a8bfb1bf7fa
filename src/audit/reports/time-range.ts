import { isoTime } from '../../domain/clock.js';
import { DAY_MS } from '../../domain/duration.js';

/** The span of time that a page shows. */
export interface TimeRange {
  readonly now: number;
  /** Widens it, within reason: a slip of ten years must not flatten everything else. */
  include(at: number): void;
  readonly from: number;
  readonly to: number;
}

const LEAST_MS = 30 * DAY_MS;
const MOST_PAST_MS = 3650 * DAY_MS;

export function createTimeRange(now: number): TimeRange {
  let from = now - LEAST_MS;
  let to = now + LEAST_MS;
  return {
    now,
    include(at) {
      from = Math.max(Math.min(from, at), now - MOST_PAST_MS);
      to = Math.max(to, at);
    },
    get from() {
      return from;
    },
    // As much of the future as of the past at most.
    get to() {
      return Math.min(to, now + Math.max(LEAST_MS, now - from));
    },
  };
}

/** Days since 1970, which is what the page calculates with. */
export function day(at: number): string {
  return (at / DAY_MS).toFixed(2);
}

/** Spans between two marks of the axis, in months. */
const STEPS = [1, 3, 6, 12, 24];
const MOST_MARKS = 8;

/** Beside the first and the last mark, so that neither is cut off. */
const MARGIN = 0.01;

/** The axis with its months, and the style that gives every row its scale. */
export function axis(range: TimeRange): string {
  const months = (range.to - range.from) / (30 * DAY_MS);
  const step = STEPS.find((candidate) => months / candidate <= MOST_MARKS) ?? 24;
  const first = new Date(range.from);
  const marks: string[] = [];
  for (let month = first.getUTCFullYear() * 12 + first.getUTCMonth() + 1; ; month++) {
    const at = Date.UTC(Math.floor(month / 12), month % 12, 1);
    if (at > range.to) break;
    if (month % step === 0) marks.push(`<span style="--a:${day(at)}">${isoTime(at).slice(0, 7)}</span>`);
  }
  const margin = (range.to - range.from) * MARGIN;
  const [from, to] = [day(range.from - margin), day(range.to + margin)];
  return `<div class="axis"><span>keys, the worst first</span><div class="scale">${marks.join('')}</div></div>
<style>:root { --t0: ${from}; --t1: ${to}; --now: ${day(range.now)}; }</style>
`;
}
