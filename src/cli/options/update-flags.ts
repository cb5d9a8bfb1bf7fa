import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { UpdateKey } from '../../domain/key-service.js';
import {
  checkLabels,
  type LimitFlags,
  nameHint,
  nameProblem,
  type RestrictionFlags,
  readExpiry,
  readLimits,
  readMetadata,
  readRestrictions,
  readScopes,
} from './key-options.js';

export interface UpdateFlags extends RestrictionFlags, LimitFlags {
  readonly limits?: boolean;
  readonly name?: string;
  readonly service?: string;
  readonly owner?: string;
  readonly expires?: string | boolean;
  readonly scope?: string[];
  readonly restrictions?: boolean;
  readonly metadata?: string[];
  readonly yes?: true;
  readonly force?: true;
  readonly dryRun?: true;
}

/**
 * What the flags change of a key. Throws `usage` for a malformed value, and for two that exclude each other.
 */
export function readChanges(flags: UpdateFlags, nowMs: number): UpdateKey {
  const problem = flags.name === undefined ? undefined : nameProblem(flags.name);
  if (flags.name !== undefined && problem !== undefined)
    throw new KeysError('usage', problem, { hint: nameHint(flags.name) });
  checkLabels(flags);
  const restrictions = readRestrictions(flags);
  if (restrictions !== undefined && flags.restrictions === false) {
    throw new KeysError('usage', '--no-restrictions and --allow-… exclude each other');
  }
  if (readLimits(flags) !== undefined && flags.limits === false) {
    throw new KeysError('usage', '--no-limits excludes --rate, --quota and --uses');
  }
  return compact({
    name: flags.name,
    service: flags.service,
    owner: flags.owner,
    expires_at:
      typeof flags.expires === 'string'
        ? readExpiry(flags.expires, nowMs)
        : flags.expires === false
          ? null
          : undefined,
    scopes: readScopes(flags.scope),
    restrictions: flags.restrictions === false ? {} : restrictions,
    limits: flags.limits === false ? {} : readLimits(flags),
    metadata: readMetadata(flags.metadata),
  });
}

/** Throws `usage` where nothing is to be changed. */
export function requireChanges(changes: object): void {
  if (Object.keys(changes).length > 0) return;
  throw new KeysError('usage', 'nothing to change', {
    hint: 'give --name, --expires, --scope or another option; keys update --help lists them',
  });
}
