import { z } from 'zod';
import { parseDurationOrNever } from '../domain/duration.js';
import { KeysError } from '../domain/errors.js';
import { issueLine } from '../domain/schema-words.js';
import { RULE_IDS } from './rule-table.js';
import type { Thresholds } from './thresholds.js';

/** A finding to leave out, the reason, and until when. */
export interface Ignore {
  readonly rule: (typeof RULE_IDS)[number];
  /**
   * Exactly one of these three: a key's id, a key's name or a file. In names and files, `*` matches any text.
   */
  readonly key?: string | undefined;
  readonly name?: string | undefined;
  readonly file?: string | undefined;
  /** Only for this profile. */
  readonly profile?: string | undefined;
  readonly reason: string;
  /** The last day (UTC) on which it applies, such as `2027-01-31`. */
  readonly expires: string;
}

export interface AuditConfig {
  readonly thresholds: Partial<Thresholds>;
  readonly ignore: readonly Ignore[];
}

const duration = z.string().transform((text, context) => {
  try {
    return parseDurationOrNever(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'not a duration such as 90d or 12h, nor never' });
    return z.NEVER;
  }
});
const ignore = z
  .strictObject({
    rule: z.enum(RULE_IDS as [(typeof RULE_IDS)[number], ...typeof RULE_IDS]),
    key: z.string().min(1).optional(),
    name: z.string().min(1).optional(),
    file: z.string().min(1).optional(),
    profile: z.string().min(1).optional(),
    reason: z.string().trim().min(1, 'a reason is needed'),
    expires: z.iso.date('not a date such as 2027-01-31'),
  })
  .refine(
    ({ key, name, file }) => [key, name, file].filter((said) => said !== undefined).length === 1,
    'say one of key, name and file',
  );
const config = z.strictObject({
  $schema: z.string().optional(),
  thresholds: z
    .strictObject({
      max_age: duration.optional(),
      unused: duration.optional(),
      never_used: duration.optional(),
      expiring: duration.optional(),
    })
    .default({}),
  ignore: z.array(ignore).default([]),
});

/**
 * Parses a config. Throws `usage`, which names the invalid member, such as `expires in entry 3 of ignore`.
 */
export function readConfig(text: string, path: string): AuditConfig {
  const wrong = (what: string) => new KeysError('usage', `not a config of the audit: ${path}: ${what}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  const read = config.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw wrong(issue === undefined ? 'not its shape' : issueLine(issue, value, 'the whole'));
  }
  const { max_age, unused, never_used, expiring } = read.data.thresholds;
  const thresholds: Record<string, number | undefined> = {
    maxAgeMs: max_age,
    unusedMs: unused,
    neverUsedMs: never_used,
    expiringMs: expiring,
  };
  return {
    thresholds: Object.fromEntries(Object.entries(thresholds).filter(([, ms]) => ms !== undefined)),
    ignore: read.data.ignore,
  };
}
