import { shownTime } from '../domain/whole-seconds.js';

/**
 * `Nov 27, 2026, 05:00:00 GMT+1`: epoch milliseconds in the local time of this machine, with its zone.
 * `hourCycle`: `h23` counts 24 hours; absent: as is usual where the machine is.
 */
export function localTime(ms: number, hourCycle?: 'h23'): string {
  return new Date(ms).toLocaleString(undefined, {
    ...({ year: 'numeric', month: 'short', day: 'numeric' } as const),
    ...({ hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' } as const),
    ...(hourCycle === undefined ? {} : { hourCycle }),
  });
}

/** Local time with its zone, then UTC: a dashboard may ask for either. */
export function bothZones(ms: number): string {
  return `${localTime(ms)} (${shownTime(ms)})`;
}

/** For a person, local time with its zone; for a program, ISO 8601 in UTC. Both in whole seconds. */
export function absoluteTime(ms: number, human: boolean): string {
  return human ? localTime(ms) : shownTime(ms);
}
