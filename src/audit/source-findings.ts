import type { Key } from '../domain/key.js';
import { shownTime } from '../domain/whole-seconds.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import { isRollThatWaits, type Operation } from '../storage/ledger/operation.js';
import type { Finding } from './finding.js';
import { keysCommand } from './fix.js';
import { type AuditSource, instant } from './key-rule.js';
import { RULES } from './rule-table.js';
import { referenceTo } from './rules.js';
import { days, span, type Thresholds } from './thresholds.js';

/** The value of `FoundCredential.source` for a file. */
const IN_FILE = 'file (insecure)';

/** Whether the tool's own credential is in a file. */
export function isInFile({ credentialSource }: Pick<AuditSource, 'credentialSource'>): boolean {
  return credentialSource === IN_FILE;
}

/**
 * Returns the findings of the tool's own credential: it is in a file, or it is old. `keychain`: whether this
 * machine has one. Without one, a file is the only place, and to log in again would not fix it.
 */
export function ownCredential(
  source: AuditSource,
  { maxAgeMs }: Thresholds,
  now: number,
  keychain: boolean,
): Finding[] {
  const { credentialSource, credentialStoredAt, profile, address } = source;
  const whose = `the credential of ${profile ?? address}`;
  const common = { fix: logIn(source), key: null, location: null };
  const found: Finding[] = [];
  if (isInFile(source)) {
    found.push({
      rule: 'plaintext-credential',
      severity: RULES['plaintext-credential'].severity,
      message: keychain
        ? `${whose} is in a file, not in the OS keychain`
        : `${whose} is in a file, and no OS keychain can be used here; a job can set KEYS_API_KEY from its secret store instead`,
      evidence: { profile, address, kept_in: credentialSource },
      ...common,
      fix: keychain ? common.fix : null,
    });
  }
  const stored = instant(credentialStoredAt);
  if (stored !== undefined && now - stored > maxAgeMs) {
    found.push({
      rule: 'too-old',
      severity: RULES['too-old'].severity,
      message: `${whose} was stored ${span(now - stored)} ago; create a new one at ${source.title}, and log in with it`,
      evidence: { profile, address, stored_at: shownTime(stored), age_days: days(now - stored) },
      ...common,
    });
  }
  return found;
}

function logIn({ profile, baseUrl }: AuditSource): string | null {
  return keysCommand(
    'login',
    '',
    { flags: [] },
    ...(profile === null ? [] : ['--profile', profile]),
    ...(baseUrl === null ? [] : ['--base-url', baseUrl]),
  );
}

/** Returns the unfinished operations at a source. */
export function operationsAt(
  { provider, address }: Pick<AuditSource, 'provider' | 'address'>,
  operations: readonly Operation[],
): Operation[] {
  return operations.filter(
    (operation) => operation.address === address && providerOf(operation) === provider,
  );
}

function providerOf({ target }: Operation): string {
  return target.policy ?? target.provider;
}

/** Returns when rolls stop old keys, in epoch milliseconds, by key id. */
export function retirementsOf(operations: readonly Operation[]): ReadonlyMap<string, number> {
  return new Map(
    operations.flatMap(({ retire }) =>
      retire === null || retire.at === null ? [] : [[retire.id, retire.at] as const],
    ),
  );
}

/** Returns the rolls whose new key has not reached all its places, by the old key's id. */
export function rollsThatWaitOf(operations: readonly Operation[]): ReadonlyMap<string, Operation> {
  return new Map(operations.filter(isRollThatWaits).map((one) => [one.previous.id, one] as const));
}

/**
 * The keys as they are: one that has a successor already is not to be rolled again, though no place has the
 * successor's secret.
 */
export async function* retiringIn(
  keys: AsyncIterable<Key>,
  rolls: ReadonlyMap<string, Operation>,
): AsyncGenerator<Key> {
  for await (const key of keys) {
    const works = key.status === 'active' || key.status === undefined;
    yield works && rolls.has(key.id) ? { ...key, status: 'retiring' } : key;
  }
}

/** Yields a finding for each create or roll that started long ago and is not finished. */
export function* unfinished(
  operations: readonly Operation[],
  { unfinishedMs }: Thresholds,
  now: number,
): Generator<Finding> {
  for (const operation of operations) {
    const { kind, step, created_at: since, target, name, key, address } = operation;
    if (step === 'retiring' || now - since <= unfinishedMs) continue;
    const origin = { provider: providerOf(operation), address, profile: target.profile };
    yield {
      rule: 'retiring-overdue',
      severity: 'medium',
      message: `the ${kind} of ${name} started ${span(now - since)} ago and is not finished`,
      evidence: { operation: operation.id, step, since: shownTime(since) },
      fix: keysCommand('resume', operation.id, { flags: [] }),
      key: key === null ? null : referenceTo(key, origin),
      location: null,
    };
  }
}

/**
 * Returns one finding for each key that the ledger has at several addresses. `entries` come from
 * `Ledger.atSeveralAddresses`.
 */
export function atSeveralAddresses(entries: readonly LedgerKey[]): Finding[] {
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
            message: `the ledger has it at ${others.length + 1} addresses: ${[first, ...others].map(({ address }) => address).join(', ')}`,
            evidence: { addresses: [first, ...others].map(({ address }) => address) },
            // Only a person knows at which address the key is.
            fix: null,
            key: referenceTo(first.key, { ...first, profile: null }),
            location: null,
          },
        ],
  );
}
