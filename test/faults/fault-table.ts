import { appendFileSync } from 'node:fs';

/** What is wrong at one time: counted against the vendor's own list, over all pages. */
export interface Damage {
  /** Live keys that are at no place and that nothing has reported. */
  readonly orphaned: number;
  /** Live keys whose secret is at no place. */
  readonly lost: number;
  /** Operations that are not finished after `resume`. */
  readonly pending: number;
}

export interface FaultRow {
  /** The vendor, or its kind. */
  readonly where: string;
  readonly what: string;
  /** Where the fault struck. */
  readonly point: string;
  readonly facts: Readonly<Record<string, number>>;
}

/** `npm run faults` names a file here and prints one table of its rows at the end. */
const FILE = process.env['KEYS_FAULT_TABLE'];

/** Adds a row to the table of `npm run faults`. */
export function noteFault(row: FaultRow): void {
  if (FILE !== undefined) appendFileSync(FILE, `${JSON.stringify(row)}\n`);
}

/** Counts the damage of one scenario at one vendor, apart for each kind of kill point. */
export function damageByPoint(where: string, what: string) {
  const points = new Map<string, { kills: number } & { -readonly [Field in keyof Damage]: number }>();
  let before: Damage = { orphaned: 0, lost: 0, pending: 0 };
  return {
    /**
     * After a kill at this point and a `resume`: what is wrong now. What was wrong before is not counted
     * again.
     */
    note(point: string, now: Damage): void {
      const sum = points.get(point) ?? { kills: 0, orphaned: 0, lost: 0, pending: 0 };
      sum.kills++;
      for (const field of ['orphaned', 'lost', 'pending'] as const)
        sum[field] += Math.max(0, now[field] - before[field]);
      points.set(point, sum);
      before = now;
    },
    end(): void {
      for (const [point, facts] of [...points].sort(([a], [b]) => a.localeCompare(b)))
        noteFault({ where, what, point, facts });
    },
  };
}
