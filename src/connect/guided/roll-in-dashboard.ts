import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { graceSeconds } from '../../domain/grace.js';
import type { Key, RolledKey } from '../../domain/key.js';
import type { CreationOptions, RollKey } from '../../domain/key-service.js';
import { hasNames, labelled, nameInDashboard, requestOf } from './dashboard-names.js';
import { openDashboard, showSteps } from './dashboard-steps.js';
import { current, endAfter, entry, type Guide, requireSafe } from './guide.js';
import { takeInKey } from './take-in-key.js';

/** A person creates the successor and pastes it. Throws `unsupported` for a grace that cannot be kept. */
export async function rollInDashboard(
  guide: Guide,
  id: string,
  { grace_seconds }: RollKey,
  { expires_at: chosen }: CreationOptions,
): Promise<RolledKey> {
  const { provider, conversation, dashboard, clock } = guide;
  const before = await entry(guide, id);
  const old = current(guide, before.key);
  const { roll } = dashboard;
  const seconds = graceSeconds({ title: provider.title, grace: roll?.grace ?? null }, grace_seconds);
  if (roll === undefined) throw new TypeError('graceSeconds refuses what has no roll');
  if (old.status !== 'active') {
    throw new KeysError('conflict', `this key is ${old.status}: ${id}`, { hint: 'create a new one' });
  }
  await Promise.all([requireSafe(guide), guide.providers(), conversation.prepare()]);
  if (roll.warning !== undefined) {
    conversation.warn(`${roll.warning}: ${old.name} (${old.id})`);
    await conversation.confirm('Go on?');
  }
  const ends = provider.accepts.expires_at !== undefined;
  const expires_at = chosen === undefined && ends ? endAnew(old, clock.now()) : (chosen ?? undefined);
  // The dashboard's roll keeps the name that the key has there.
  const facts = labelled(
    { ...requestOf(old), ...compact({ expires_at }) },
    hasNames(guide) ? nameInDashboard(old) : old.name,
  );
  showSteps(guide, `A successor of ${old.name} at ${provider.title}`, roll.steps, facts);
  await openDashboard(guide, facts.environment);
  const created = await takeInKey(guide, facts, { rolled_from: old.id });
  const previous = await endAfter(guide, { ...before, key: old }, created.key.id, seconds);
  return { ...created, previous: current(guide, previous) };
}

/**
 * The end of a successor with the lifetime of the old key; the old key's own end where its creation is not
 * known.
 */
function endAnew({ created_at, expires_at }: Key, now: number): string | undefined {
  if (!expires_at) return undefined;
  return created_at ? isoTime(now + Date.parse(expires_at) - Date.parse(created_at)) : expires_at;
}
