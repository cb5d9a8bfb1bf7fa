import { z } from 'zod/mini';
import { KeysError } from '../domain/errors.js';
import { placeInWords } from '../domain/schema-words.js';
import type { Finding, KeyReference } from './finding.js';
import { fingerprint } from './fingerprint.js';

/** An earlier audit, from its JSON report. */
export interface Baseline {
  /** ISO 8601. */
  readonly generated_at: string;
  /** Its findings by their fingerprints. */
  readonly findings: ReadonlyMap<string, EarlierFinding>;
}

/** A finding of an earlier report that is gone. Its texts are that report's: show them, never run them. */
export interface FixedFinding {
  readonly rule: string;
  /** The name of its key, or the file it was in; null: neither. */
  readonly of: string | null;
}

/** The same as its report has it, as far as that says it. */
interface EarlierFinding extends FixedFinding {
  readonly severity?: string | undefined;
  readonly message?: string | undefined;
  readonly key?: z.infer<typeof keyReference> | null | undefined;
  readonly location?: z.infer<typeof location> | null | undefined;
}

/** A finding that is gone, with its fingerprint. */
export interface GoneFinding extends EarlierFinding {
  readonly fingerprint: string;
}

/** How the findings differ from those of an earlier audit. */
export interface Trend {
  /** When the earlier audit ran, ISO 8601. */
  readonly since: string;
  readonly new: number;
  readonly remaining: number;
  readonly fixed: number;
  /** Those that are left out now, by an ignore. */
  readonly ignored: number;
  /** The first of those that are fixed. */
  readonly fixed_findings: readonly FixedFinding[];
}

/** Fixed findings that a report names. */
const MOST_NAMED = 100;

const text = z.optional(z.string());
const place = z.optional(z.int().check(z.gte(1)));
const keyReference = z.object({
  ...{ id: text, name: text, provider: text, address: text },
  profile: z.optional(z.nullable(z.string())),
});
const location = z.object({ file: text, line: place, column: place, commit: text });

const report = z.looseObject({
  version: z.literal(1),
  findings: z.array(
    z.looseObject({
      fingerprint: z.string(),
      ...{ rule: text, severity: text, message: text },
      key: z.optional(z.nullable(keyReference)),
      location: z.optional(z.nullable(location)),
    }),
  ),
  summary: z.looseObject({
    generated_at: z.string().check(z.refine((text) => !Number.isNaN(Date.parse(text)))),
  }),
});

/** Reads an earlier JSON report. Throws `usage` for anything else. */
export function readBaseline(json: string, path: string): Baseline {
  try {
    const { findings, summary } = report.parse(JSON.parse(json));
    return {
      generated_at: summary.generated_at,
      findings: new Map(
        findings.map(({ fingerprint: print, rule = '', severity, message, key, location: at }) => [
          print,
          { rule, of: key?.name ?? at?.file ?? null, severity, message, key, location: at },
        ]),
      ),
    };
  } catch (error) {
    throw new KeysError('usage', `${path} is not a report of keys audit --json${whatIsWrong(error)}`, {
      hint: 'keys audit --json > last.json writes one',
    });
  }
}

/** The first member that is not as a report has it. */
function whatIsWrong(error: unknown): string {
  if (error instanceof SyntaxError) return ': it is no JSON, or was cut short';
  const [issue] = error instanceof z.core.$ZodError ? error.issues : [];
  return issue === undefined ? '' : `: ${placeInWords(issue.path, undefined) || 'the whole'}`;
}

/**
 * Counts findings against an earlier audit. `formerIds`: ids of other versions of a key, so that a roll makes
 * no finding new.
 */
export function createTrend(
  { generated_at, findings }: Baseline,
  formerIds: (key: KeyReference) => readonly string[] = () => [],
) {
  const remaining = new Set<string>();
  const ignored = new Set<string>();
  const added = new Set<string>();
  const printBefore = (finding: Finding) => {
    const { key } = finding;
    const former = key === null ? [] : formerIds(key).map((id) => ({ ...finding, key: { ...key, id } }));
    return [finding, ...former].map(fingerprint).find((print) => findings.has(print));
  };
  /**
   * The findings that are gone. `looked`: rules whose findings this audit would have; those of others are not
   * fixed.
   */
  const gone = (looked: ReadonlySet<string> | null): GoneFinding[] =>
    [...findings].flatMap(([print, finding]) => {
      const { rule } = finding;
      const isGone = !remaining.has(print) && !ignored.has(print);
      const wasLookedFor = looked === null || rule === '' || looked.has(rule);
      return isGone && wasLookedFor ? [{ ...finding, fingerprint: print }] : [];
    });
  return {
    gone,
    /** Whether the earlier audit did not have this finding. */
    isNew: (finding: Finding) => printBefore(finding) === undefined,
    add(finding: Finding): void {
      const before = printBefore(finding);
      if (before === undefined) added.add(fingerprint(finding));
      else remaining.add(before);
    },
    /** Notes a finding that an ignore leaves out: it is not fixed. */
    ignore(finding: Finding): void {
      const before = printBefore(finding);
      if (before !== undefined) ignored.add(before);
    },
    result(looked: ReadonlySet<string> | null = null): Trend {
      const fixed = gone(looked);
      return {
        since: generated_at,
        new: added.size,
        remaining: remaining.size,
        fixed: fixed.length,
        ignored: [...ignored].filter((print) => !remaining.has(print)).length,
        fixed_findings: fixed
          .filter(({ rule }) => rule !== '')
          .slice(0, MOST_NAMED)
          .map(({ rule, of }) => ({ rule, of })),
      };
    },
  };
}

/** `2 new, 1 fixed, 3 as before, 1 ignored now`. */
export function trendText({ new: added, fixed, remaining, ignored }: Trend): string {
  return `${added} new, ${fixed} fixed, ${remaining} as before${ignored > 0 ? `, ${ignored} ignored now` : ''}`;
}

/** `too-old of web`. */
export function fixedText({ rule, of }: FixedFinding): string {
  return of === null ? rule : `${rule} of ${of}`;
}
