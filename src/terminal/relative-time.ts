import { DAY_MS } from '../domain/duration.js';
import { localTime } from './absolute-time.js';

/** From which distance each unit is used. 90 days, after which keys are rolled, are printed in days. */
const STEPS: ReadonlyArray<readonly [from: number, ms: number, unit: string]> = [
  [2 * 365 * DAY_MS, 365 * DAY_MS, 'y'],
  [120 * DAY_MS, 30 * DAY_MS, 'mo'],
  [DAY_MS, DAY_MS, 'd'],
  [3_600_000, 3_600_000, 'h'],
  [60_000, 60_000, 'm'],
];

/** `3d ago`, `in 12h`, `just now`: an instant (ISO 8601) as seen from `nowMs`. */
export function relativeTime(iso: string, nowMs: number): string {
  const distance = Date.parse(iso) - nowMs;
  const size = Math.abs(distance);
  // A key that was made a moment ago for 90 days has all but a moment of them: that is 90, not 89.
  const step = STEPS.find(([from, ms]) => size >= from - ms / 60);
  if (step === undefined) return distance > 0 ? 'in moments' : 'just now';
  const [, ms, unit] = step;
  const amount = `${Math.floor(size / ms + 1 / 60)}${unit}`;
  return distance > 0 ? `in ${amount}` : `${amount} ago`;
}

/** `3d ago (Nov 21, 2026, 12:00:00 UTC)`: the same, and the local time of this machine. */
export function bothTimes(iso: string, nowMs: number): string {
  return `${relativeTime(iso, nowMs)} (${localTime(Date.parse(iso))})`;
}
