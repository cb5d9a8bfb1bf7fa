import { z } from 'zod/mini';
import { KeysError } from '../domain/errors.js';
import type { Finding } from './finding.js';
import { fingerprint } from './fingerprint.js';

/** An earlier audit, from its JSON report. */
export interface Baseline {
  /** ISO 8601. */
  readonly generated_at: string;
  /** Fingerprints of its findings. */
  readonly fingerprints: ReadonlySet<string>;
}

/** How the findings differ from those of an earlier audit. */
export interface Trend {
  /** When the earlier audit ran, ISO 8601. */
  readonly since: string;
  readonly new: number;
  readonly remaining: number;
  readonly fixed: number;
}

const report = z.looseObject({
  version: z.literal(1),
  findings: z.array(z.looseObject({ fingerprint: z.string() })),
  summary: z.looseObject({ generated_at: z.string() }),
});

/** Reads an earlier JSON report. Throws `usage` for anything else. */
export function readBaseline(text: string, path: string): Baseline {
  try {
    const { findings, summary } = report.parse(JSON.parse(text));
    return {
      generated_at: summary.generated_at,
      fingerprints: new Set(findings.map((finding) => finding.fingerprint)),
    };
  } catch {
    throw new KeysError('usage', `${path} is not a report of keys audit --json`, {
      hint: 'keys audit --json > last.json writes one',
    });
  }
}

/** Counts findings against an earlier audit. */
export function createTrend({ generated_at, fingerprints }: Baseline) {
  const remaining = new Set<string>();
  const added = new Set<string>();
  return {
    /** Whether the earlier audit did not have this finding. */
    isNew: (finding: Finding) => !fingerprints.has(fingerprint(finding)),
    add(finding: Finding): void {
      const print = fingerprint(finding);
      (fingerprints.has(print) ? remaining : added).add(print);
    },
    result: (): Trend => ({
      since: generated_at,
      new: added.size,
      remaining: remaining.size,
      fixed: fingerprints.size - remaining.size,
    }),
  };
}
