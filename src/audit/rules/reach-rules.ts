import type { Key } from '../../domain/key.js';
import { SCOPE_ALL, SCOPE_WRITE } from '../../domain/scopes.js';
import type { Evidence, RuleVerdict } from '../finding.js';
import { keysCommand } from '../fix.js';
import type { AuditSource, KeyRule } from '../key-rule.js';

const overBroad: KeyRule = {
  id: 'over-broad',
  about: ['active'],
  judge(key, { source }) {
    const { scopes, restrictions, type } = key;
    if (scopes?.includes(SCOPE_ALL)) return tooMuch('has all scopes', key, source);
    if (restrictions === undefined) return scopes === undefined || managesKeys(key) ? 'cannot tell' : 'fine';
    const { ips = [], referrers = [], endpoints = [] } = restrictions;
    if (managesKeys(key))
      return ips.length > 0 ? 'fine' : tooMuch('manages keys from any address', key, source);
    if (ips.length + referrers.length + endpoints.length > 0) return 'fine';
    if (scopes === undefined) return 'cannot tell';
    // Public keys are not secret.
    if (scopes.length > 0 || type === 'public') return 'fine';
    return { ...tooMuch('has no restrictions', key, source), severity: 'low' };
  },
};

function managesKeys({ scopes }: Key): boolean {
  return scopes?.includes(SCOPE_WRITE) ?? false;
}

function tooMuch(message: string, key: Key, source: AuditSource): Exclude<RuleVerdict, string> {
  const evidence: Evidence = { scopes: [...(key.scopes ?? [])], restrictions: restrictionList(key) };
  return { message, evidence, fix: narrow(key, source) };
}

/**
 * Returns the command that takes away what the key has too much of: scopes if it has all of them, else
 * addresses. Null if the provider cannot change that: revoking a key that a program uses fixes nothing.
 */
function narrow({ id, scopes }: Key, source: AuditSource): string | null {
  if (scopes?.includes(SCOPE_ALL)) {
    return source.changes.scopes ? keysCommand('update', id, source, '--scope', 'SCOPE') : null;
  }
  return source.changes.ips ? keysCommand('update', id, source, '--allow-ip', 'RANGE') : null;
}

function restrictionList({ restrictions }: Key): readonly string[] {
  const { ips = [], referrers = [], endpoints = [] } = restrictions ?? {};
  return [...ips, ...referrers, ...endpoints];
}

const unknownOwner: KeyRule = {
  id: 'unknown-owner',
  about: ['active', 'retiring'],
  judge(key, { source, ledgerKey }) {
    if (source.listedByLedger || ledgerKey !== null) return 'fine';
    return {
      message: 'is not in the ledger of this machine',
      evidence: { created_at: key.created_at ?? null, last_used: key.last_used ?? null },
      fix: keysCommand('revoke', key.id, source),
    };
  },
};

export const REACH_RULES: readonly KeyRule[] = [overBroad, unknownOwner];
