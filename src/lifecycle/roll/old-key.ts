import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import { titleInSentence } from '../../domain/systems.js';
import { clauses, option, words } from '../../domain/words.js';
import { findKey } from '../find/find-key.js';
import type { LifecycleContext } from '../lifecycle-context.js';
import type { Means } from '../operation/means.js';
import { revokeKey } from '../revoke-key.js';

/** Milliseconds between two looks at the last use of a key. */
const LOOK_AGAIN_MS = 5_000;

/** Throws `unsupported` where the vendor does not tell when a key was last used: nothing could be watched. */
export function requireLastUse({ kind, isKeyService, provider }: Connection): void {
  const { list, get } = provider.shows;
  const shown = [...list, ...get];
  // A definition that declares nothing may still tell it.
  const tells = kind !== 'guided' && (isKeyService || shown.length === 0 || shown.includes('last_used'));
  if (tells) return;
  throw new KeysError('unsupported', `${titleInSentence(provider)} does not tell when a key was last used`, {
    hint: clauses(words`leave out ${option('watch')}`, 'nothing was changed'),
  });
}

/**
 * Watches an old key for so many milliseconds. Returns false as soon as it is used, and at the end if its
 * vendor does not tell the last use.
 */
export async function staysUnused(
  id: string,
  forMs: number,
  { service }: Connection,
  { clock, sleep }: Pick<LifecycleContext, 'clock' | 'sleep'>,
): Promise<boolean> {
  const before = (await service.get(id)).last_used;
  const until = clock.now() + forMs;
  while (clock.now() < until) {
    await sleep(Math.min(LOOK_AGAIN_MS, until - clock.now()));
    if ((await service.get(id)).last_used !== before) return false;
  }
  return before !== undefined;
}

/** Revokes an old key before its time; the ledger records it with its managed key. */
export async function revokeOldKey(
  id: string,
  connection: Connection,
  means: Means,
  context: LifecycleContext,
): Promise<void> {
  const found = await findKey(id, connection, context, { prefixes: false });
  await revokeKey(found, {}, means, context);
}
