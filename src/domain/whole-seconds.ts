import { isoTime } from './clock.js';

/** Members that hold a time: `at`, `since`, and names such as `created_at` and `last_used_here`. */
const TIME = /^(at|since|roll_by|works_until|last_used(_here)?|\w+_at)$/;
/** Members whose content is the user's own. */
const OWN: ReadonlySet<string> = new Set(['metadata', 'options']);

/**
 * Returns a document as commands and endpoints show it: its times in whole seconds, as the documented list
 * prints them. A time is never later than the exact one, so a key works at least until its `expires_at`.
 */
export function asShown<Document>(document: Document): Document {
  return shown(document) as Document;
}

function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      OWN.has(name) ? member : TIME.test(name) ? wholeSecond(member) : shown(member),
    ]),
  );
}

/** Returns a time (ISO 8601) without its fraction of a second; anything else as `asShown` does. */
export function wholeSecond<Time>(time: Time): string | Time {
  if (typeof time !== 'string') return asShown(time);
  const at = /^\d{4}-\d\d-\d\dT/.test(time) ? Date.parse(time) : Number.NaN;
  return Number.isNaN(at) ? time : shownTime(at);
}

/** An instant (epoch milliseconds) as ISO 8601 in UTC, in whole seconds. */
export function shownTime(epochMs: number): string {
  return isoTime(Math.floor(epochMs / 1000) * 1000);
}
