import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyType } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Schedule } from '../../domain/managed-key.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
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
import { readDuration } from './read-duration.js';

export interface CreateFlags extends PlaceFlags, RestrictionFlags, LimitFlags {
  readonly name?: string;
  readonly type?: KeyType;
  readonly environment?: string;
  readonly service?: string;
  readonly owner?: string;
  readonly expires?: string;
  readonly scope?: string[];
  readonly metadata?: string[];
  readonly rotate?: string;
  readonly grace?: string;
  readonly yes?: true;
  readonly dryRun?: true;
}

/** The flags with the name that was given as an argument. Throws `usage` for two names. */
export function withName<Flags extends { readonly name?: string }>(
  name: string | undefined,
  flags: Flags,
): Flags {
  if (name === undefined) return flags;
  if (flags.name === undefined) return { ...flags, name };
  throw new KeysError('usage', 'the name is given twice', { hint: 'as an argument, or with --name' });
}

export function readSchedule({ rotate, grace }: CreateFlags): Schedule {
  return {
    rotate_ms: rotate === undefined || rotate === 'never' ? null : parseDuration(rotate),
    grace_ms: grace === undefined ? null : readDuration('--grace', grace),
  };
}

/** The request for a new key. Throws `usage` for a malformed value. */
export function readRequest(flags: CreateFlags & { readonly name: string }, now: number): CreateKey {
  const problem = nameProblem(flags.name);
  if (problem !== undefined) throw new KeysError('usage', problem, { hint: nameHint(flags.name) });
  return { name: flags.name, ...readMembers(flags, now) };
}

/**
 * A request without its name: as much as the flags say before questions. Throws `usage` for a malformed
 * value.
 */
export function readMembers(flags: CreateFlags, now: number): Omit<CreateKey, 'name'> {
  checkLabels(flags);
  return compact({
    type: flags.type,
    environment: flags.environment,
    service: flags.service,
    expires_at: flags.expires === undefined ? undefined : readExpiry(flags.expires, now),
    scopes: readScopes(flags.scope),
    restrictions: readRestrictions(flags),
    limits: readLimits(flags),
    owner: flags.owner,
    metadata: readMetadata(flags.metadata),
  });
}
