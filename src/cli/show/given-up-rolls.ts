import type { Connection } from '../../connect/connection.js';
import { isEnded } from '../../domain/ended-key.js';
import type { Key } from '../../domain/key.js';
import type { ResolvedKey } from '../../lifecycle/find/resolved-key.js';
import { keysLeftByRolls } from '../../lifecycle/roll/unfinished-rolls.js';
import { bothTimes } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';

/**
 * Says what becomes of the old key of each unfinished roll that revoking `ids` gives up. Each is a part of a
 * sentence.
 */
export async function oldKeysOfGivenUpRolls(
  found: ResolvedKey,
  ids: readonly string[],
  connection: Connection,
  context: Context,
): Promise<readonly string[]> {
  const { service, isKeyService, roll } = connection;
  const left = await keysLeftByRolls(found, ids, { ledger: await context.ledger(), service });
  const mayKeep = isKeyService && roll.by === 'provider' && roll.grace.kind === 'any';
  return left.map((key) => oldKeyText(key, mayKeep, context.clock.now()));
}

/** `mayKeep`: whether a new expiry can keep a key whose successor is revoked. */
function oldKeyText({ id, status, expires_at }: Key, mayKeep: boolean, now: number): string {
  if (isEnded(status)) {
    return `the old key ${id} does not work any more, and no key replaces it`;
  }
  if (status !== 'retiring' || !expires_at) return `the old key ${id} stays in use`;
  const keep = mayKeep ? 'change its expiry to keep it, or ' : '';
  return `the old key ${id} expires ${bothTimes(expires_at, now)}, and nothing replaces it: ${keep}create another key before then`;
}
