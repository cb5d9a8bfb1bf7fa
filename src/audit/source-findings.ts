import { isoTime } from '../domain/clock.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { Operation } from '../storage/ledger/operation.js';
import type { Finding } from './finding.js';
import { keysCommand } from './fix.js';
import type { AuditSource } from './key-rule.js';
import { RULES } from './rule-table.js';
import { referenceTo } from './rules.js';
import { span, type Thresholds } from './thresholds.js';

/** As `FoundCredential.source` names the file. */
const IN_FILE = 'file (insecure)';

/** The tool's own credential, where it is not in the keychain. */
export function ownCredential(source: AuditSource): Finding | null {
  if (source.credentialSource !== IN_FILE) return null;
  return {
    rule: 'plaintext-credential',
    severity: RULES['plaintext-credential'].severity,
    message: `the credential of ${source.profile ?? source.place} is in a file, not in the OS keychain`,
    evidence: { profile: source.profile, place: source.place, kept_in: source.credentialSource },
    fix: keysCommand(
      'login',
      '',
      { flags: [] },
      ...(source.profile === null ? [] : ['--profile', source.profile]),
      ...(source.baseUrl === null ? [] : ['--base-url', source.baseUrl]),
    ),
    key: null,
    location: null,
  };
}

/** What is under way at a source. */
export function operationsAt(
  { provider, place }: Pick<AuditSource, 'provider' | 'place'>,
  operations: readonly Operation[],
): Operation[] {
  return operations.filter((operation) => operation.place === place && providerOf(operation) === provider);
}

function providerOf({ target }: Operation): string {
  return target.policy ?? target.provider;
}

/** When rolls end old keys, by the keys' ids, in epoch milliseconds. */
export function retirementsOf(operations: readonly Operation[]): ReadonlyMap<string, number> {
  return new Map(
    operations.flatMap(({ retire }) =>
      retire === null || retire.at === null ? [] : [[retire.id, retire.at] as const],
    ),
  );
}

/** Creates and rolls that were begun long ago and are not finished. */
export function* unfinished(
  operations: readonly Operation[],
  { unfinishedMs }: Thresholds,
  now: number,
): Generator<Finding> {
  for (const operation of operations) {
    const { kind, step, created_at: since, target, name, key, place } = operation;
    if (step === 'retiring' || now - since <= unfinishedMs) continue;
    const origin = { provider: providerOf(operation), place, profile: target.profile };
    yield {
      rule: 'retiring-overdue',
      severity: 'medium',
      message: `the ${kind} of ${name} was begun ${span(now - since)} ago, and is not finished`,
      evidence: { operation: operation.id, step, since: isoTime(since) },
      fix: keysCommand('resume', operation.id, { flags: [] }),
      key: key === null ? null : referenceTo(key, origin),
      location: null,
    };
  }
}

/** Keys that the ledger has at several places: one finding a key. `entries` as `Ledger.inSeveralPlaces` has them. */
export function inSeveralPlaces(entries: readonly LedgerKey[]): Finding[] {
  const byKey = new Map<string, LedgerKey[]>();
  for (const entry of entries) {
    const id = JSON.stringify([entry.provider, entry.key.id]);
    byKey.set(id, [...(byKey.get(id) ?? []), entry]);
  }
  return [...byKey.values()].flatMap(([first, ...others]) =>
    first === undefined || others.length === 0
      ? []
      : [
          {
            rule: 'shared' as const,
            severity: RULES.shared.severity,
            message: `the ledger has it at ${others.length + 1} places`,
            evidence: { places: [first, ...others].map(({ place }) => place) },
            fix: keysCommand('create', '', { flags: [] }, '--name', 'NAME'),
            key: referenceTo(first.key, { ...first, profile: null }),
            location: null,
          },
        ],
  );
}
