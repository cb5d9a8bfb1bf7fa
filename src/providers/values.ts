import { z } from 'zod';
import { isoTime } from '../domain/clock.js';

/** How many keys a page of a vendor's list is asked for, where the vendor takes no more than `most` and no fewer than `least`. */
export function pageSize(limit: number | undefined, most: number, least = 1): number {
  return Math.max(least, Math.min(limit ?? most, most));
}

/** An ISO 8601 time with any zone, read as UTC. */
export const isoDate = z.string().transform((text, context) => {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return isoTime(at);
  context.addIssue({ code: 'custom', message: 'no time' });
  return z.NEVER;
});

/** Epoch seconds, read as ISO 8601 UTC. */
export const epochSeconds = z.number().transform((seconds) => isoTime(seconds * 1000));

/** Epoch milliseconds, read as ISO 8601 UTC. */
export const epochMilliseconds = z.number().transform((ms) => isoTime(ms));

/** A number that serves as an id. */
export const numericId = z.number().transform(String);

/** The same record without what is undefined: what a vendor does not say stays unknown. */
export function known<Value extends object>(
  value: Value,
): { [Name in keyof Value]: Exclude<Value[Name], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never;
}

/** Whole seconds from `nowMs` until a time, at least one. */
export function secondsUntil(time: string, nowMs: number): number {
  return Math.max(1, Math.round((Date.parse(time) - nowMs) / 1000));
}

/** The last part of a secret that its vendor shows masked, such as `…AbCd` of `sk-…AbCd`; undefined where too little is shown. */
export function shownEnd(masked: string | undefined): string | undefined {
  return /([A-Za-z0-9]{3,8})$/.exec(masked ?? '')?.[1]?.slice(-4);
}

/** Path and query of a link to the next page, as cursor: wherever it points, the credential stays with the service that was named. */
export function linkPath(link: string | null | undefined): string | null {
  if (!link) return null;
  const { pathname, search } = new URL(link, 'https://host.invalid');
  return pathname + search;
}
