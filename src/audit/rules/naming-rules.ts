import type { Key } from '../../domain/key.js';
import type { RuleVerdict } from '../finding.js';
import { keysCommand } from '../fix.js';
import type { AuditSource, KeyRule, RuleContext } from '../key-rule.js';
import { type Stage, stageOf, stageOfPrefix, stageSaidBy } from './environment.js';

/** Meaningless names, with or without a number at the end. */
const EMPTY_NAME =
  /^(?:|(?:(?:my|new|an?|the|first)[\s_-]*)?(?:api[\s_-]*)?(?:key|token|secret)s?|test|tests|testing|untitled|unnamed|default|foo|bar|baz|asdf|qwerty|abc|temp|tmp|example|sample|x+)[\s_#-]*\d*$/i;

/** Null where keys cannot be renamed: another key with a better name leaves this one as it is. */
const renamed = (key: Key, source: AuditSource) =>
  source.changes.name ? keysCommand('update', key.id, source, '--name', 'NAME') : null;

const unnamed: KeyRule = {
  id: 'unnamed',
  about: ['active'],
  judge(key, { source }) {
    if (!EMPTY_NAME.test(key.name.trim())) return 'fine';
    return {
      message: key.name.trim() === '' ? 'has no name' : 'its name does not say what it is for',
      evidence: { name: key.name },
      fix: renamed(key, source),
    };
  },
};

const duplicateName: KeyRule = {
  id: 'duplicate-name',
  about: ['active'],
  judge(key, { source, names, retirements }) {
    // A successor shares its predecessor's name until the predecessor stops working.
    if (key.name.trim() === '' || key.rolled_to || retirements.has(key.id)) return 'fine';
    const scope = [source.provider, source.address, source.profile, key.environment, key.service];
    const other = names.firstOf(scope, key.name, key.id);
    if (other === null || key.rolled_from === other) return 'fine';
    return {
      message: `another key has this name: ${other}`,
      evidence: { name: key.name, other },
      fix: renamed(key, source),
    };
  },
};

/**
 * Returns a rule for keys of the wrong environment: the prefix shows one, and the record, name or service the
 * other.
 */
function misplaced(wrong: Stage, meant: Stage, id: KeyRule['id']): KeyRule {
  return {
    id,
    about: ['active', 'retiring'],
    judge(key, { source }: RuleContext): RuleVerdict {
      const byPrefix = stageOfPrefix(key.prefix, source.prefixes);
      const recorded = stageOf(key.environment);
      const is = byPrefix ?? recorded;
      if (is === undefined) return key.environment === undefined ? 'cannot tell' : 'fine';
      if (is !== wrong) return 'fine';
      const evidence = { prefix: key.prefix ?? null, environment: key.environment ?? null };
      // No single command: another key must replace this one wherever it is used.
      const fix = null;
      if (recorded !== undefined && recorded !== is) {
        return { message: `its prefix says ${is}, but its record says ${key.environment}`, evidence, fix };
      }
      // `test` as a meaningless name does not name an environment.
      const name = EMPTY_NAME.test(key.name.trim()) ? '' : key.name;
      if (stageSaidBy(`${name} ${key.service ?? ''}`) !== meant) return 'fine';
      return {
        message: `a ${is} key whose name or service says ${meant === 'live' ? 'production' : 'test'}`,
        evidence: { ...evidence, name: key.name, service: key.service ?? null },
        fix,
      };
    },
  };
}

export const NAMING_RULES: readonly KeyRule[] = [
  unnamed,
  duplicateName,
  misplaced('test', 'live', 'test-key-in-live'),
  misplaced('live', 'test', 'live-key-in-test'),
];
