import type { Key } from '../../domain/key.js';
import type { GoneFinding } from '../baseline.js';
import type { Finding } from '../finding.js';
import type { AuditSource } from '../key-rule.js';
import type { AuditSummary } from '../tally.js';

/** A key, with the places that have its secret as far as the ledger knows. */
export type AuditedKey = Key & { readonly delivered_to?: readonly string[] };

/** A key with what was found of it; or (`key` null) findings that are of no listed key. */
export interface KeyFindings {
  readonly key: AuditedKey | null;
  readonly source: AuditSource | null;
  readonly findings: readonly Finding[];
}

/** A way to tell an audit, written as it goes on. What it writes is whole only after `end`. */
export interface Report {
  add(audited: KeyFindings): Promise<void>;
  /** `gone`: findings of an earlier audit, with which this one is compared, that it does not have. */
  end(summary: AuditSummary, gone?: readonly GoneFinding[]): Promise<void>;
}

/** Where a report goes. */
export type Write = (text: string) => Promise<void>;

const CHUNK = 64 * 1024;

/** Gathers small pieces into chunks, so that 100,000 lines are not as many writes. `flush` at the end. */
export function inChunks(write: Write): { readonly write: Write; readonly flush: () => Promise<void> } {
  let pieces: string[] = [];
  let size = 0;
  const flush = async () => {
    const text = pieces.join('');
    pieces = [];
    size = 0;
    if (text !== '') await write(text);
  };
  return {
    async write(text) {
      pieces.push(text);
      size += text.length;
      if (size >= CHUNK) await flush();
    },
    flush,
  };
}
