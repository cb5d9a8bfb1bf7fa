import { compact } from '../../domain/compact.js';
import { parseInstant } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import type { PlaceFlags } from '../../lifecycle/places/delivery-plan.js';
import type { RollChoices } from '../../lifecycle/roll/plan-roll.js';
import { readExpiry, readScopes } from './key-options.js';
import { readDuration, refuseNever } from './read-duration.js';

export interface RollFlags extends PlaceFlags {
  readonly grace?: string;
  readonly until?: string;
  readonly now?: true;
  readonly revokeFirst?: true;
  readonly inPlace?: true;
  readonly watch?: string;
  readonly due?: string | true;
  readonly expires?: string;
  readonly abort?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly scope?: string[];
}

/**
 * Throws `usage` for flags that contradict each other, and where no key is named and no person can pick one.
 */
export function checkRollFlags(references: readonly string[], flags: RollFlags, mayPick: boolean): void {
  const ends = [
    flags.grace !== undefined && '--grace',
    flags.until !== undefined && '--until',
    flags.now && '--now',
    flags.revokeFirst && '--revoke-first',
    flags.abort && '--abort',
  ].filter(Boolean);
  if (ends.length > 1) {
    throw new KeysError('usage', `${ends.join(' and ')} exclude each other`, {
      hint: 'each says when the old key ends; choose one',
    });
  }
  checkContradictions(flags);
  if (references.length === 0 && flags.due === undefined && !mayPick) {
    throw new KeysError('usage', 'no key is named, and without a terminal there is none to pick', {
      hint: 'name a key, or say --due 90d; in keys roll --env web, web is taken for a variable: put the key before the flag',
    });
  }
  if (references.length > 0 && flags.due !== undefined) {
    throw new KeysError('usage', '--due finds its keys itself: leave out the names', {
      hint: 'an age after --due must be a duration, such as 90d',
    });
  }
  // A mistake in these must not come to light after the roll.
  if (flags.watch !== undefined) readDuration('--watch', flags.watch);
  if (typeof flags.due === 'string') readDuration('--due', flags.due);
  if (flags.due !== undefined && (flags.raw || flags.env !== undefined)) {
    throw new KeysError('usage', '--due rolls several keys: stdout and one variable are no place for them', {
      hint: 'keys remember their places; --to keychain adds the keychain to each',
    });
  }
}

/** Flags that `--abort` reads. */
const OF_ABORT: ReadonlySet<string> = new Set(['abort', 'escrow', 'yes']);

/** Throws `usage` for two flags of which one would have no effect. */
function checkContradictions(flags: RollFlags): void {
  const pairs = [
    [flags.watch !== undefined, '--watch', flags.now, '--now'],
    [flags.watch !== undefined, '--watch', flags.revokeFirst, '--revoke-first'],
    [flags.watch !== undefined, '--watch', flags.due !== undefined, '--due'],
    [flags.inPlace, '--in-place', flags.revokeFirst, '--revoke-first'],
  ] as const;
  for (const [one, first, other, second] of pairs) {
    if (one && other)
      throw new KeysError('usage', `${first} and ${second} exclude each other`, {
        hint: 'leave out one of them',
      });
  }
  const unread = Object.entries(flags).find(([name, value]) => value !== undefined && !OF_ABORT.has(name));
  if (!flags.abort || unread === undefined) return;
  throw new KeysError('usage', '--abort takes no other option: it undoes the roll that is pending', {
    hint: 'keys pending shows what is pending; nothing was changed',
  });
}

/**
 * What the flags say of the successor and of the old key's end. Throws `usage` for a time that has passed.
 */
export function readChoices(flags: RollFlags, now: number): RollChoices {
  const scopes = readScopes(flags.scope);
  const until = askedEnd(flags, now);
  const grace = until === undefined ? askedGrace(flags) : until - now;
  const { expires } = flags;
  return {
    ...compact({ scopes, grace_ms: grace, until }),
    ...(expires === undefined ? {} : { expires_at: readExpiry(expires, now) }),
    ...(flags.revokeFirst ? { revokeFirst: true } : {}),
    ...(flags.inPlace ? { inPlace: true } : {}),
  };
}

/**
 * Milliseconds for which the old key shall work; undefined leaves it to the key's schedule and the provider.
 */
function askedGrace({ now, grace }: RollFlags): number | undefined {
  if (now) return 0;
  return grace === undefined ? undefined : readDuration('--grace', grace);
}

/** Epoch milliseconds at which the old key shall end. Throws `usage` for a time that has passed. */
function askedEnd({ until }: RollFlags, now: number): number | undefined {
  if (until === undefined) return undefined;
  refuseNever('--until', until);
  const at = parseInstant(until, now);
  if (at > now) return at;
  throw new KeysError('usage', `this has passed already: ${until}`, {
    hint: '--now revokes the old key at once',
  });
}
