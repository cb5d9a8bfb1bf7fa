import { credentialDigests } from '../../domain/credential-digests.js';
import { KeysError } from '../../domain/errors.js';
import type { Key } from '../../domain/key.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import { nameInDashboard, requestOf, shownKeys } from './dashboard-names.js';
import { openDashboard, showSteps } from './dashboard-steps.js';
import { current, entry, type Guide } from './guide.js';
import { dashboardOf } from './take-in-key.js';

/** A person revokes the key, unless it has ended by itself. The ledger has it as revoked afterwards. */
export async function revokeInDashboard(guide: Guide, id: string): Promise<void> {
  const { provider, conversation, dashboard, ledger, secrets, clock } = guide;
  const before = await entry(guide, id);
  const { key, secret_item } = before;
  if (current(guide, key).status === 'revoked') return;
  const steps = [...dashboard.revoke, ...(await deletionNote(guide, key))];
  // The pair of a slot ended when its successor was generated: to generate one more would end that one.
  const ended = provider.supersedes && current(guide, key).status === 'expired';
  if (!ended) {
    showSteps(guide, `The end of ${key.name} at ${provider.title}`, steps, {
      ...requestOf(key),
      metadata: key.metadata ?? {},
    });
    await openDashboard(guide, key.environment);
    await conversation.confirm('Done?');
  }
  await ledger.put(
    { ...before, key: { ...key, status: 'revoked' }, secret_item: null, roll_by: null },
    clock.now(),
  );
  if (secret_item !== null && (await holdsSecretOf(before, secrets))) await secrets.remove(secret_item);
}

/**
 * Which of several keys is to be deleted: its name alone does not say it if the key is one of two that look
 * alike. Keys that a successor has replaced are not named as keys to keep.
 */
async function deletionNote(guide: Guide, key: Key): Promise<string[]> {
  const { provider, ledger } = guide;
  if (provider.supersedes) return [`the pair to end is the one that ends in …${key.hint ?? ''}`];
  const { address } = dashboardOf(provider);
  const managed = await ledger.managed.byVersion({ provider: provider.id, address }, key.id);
  const replaced = managed?.versions.filter(({ state }) => state === 'retiring').map(({ id }) => id) ?? [];
  const others = (await shownKeys(guide)).filter(({ id, name }) => id !== key.id && name === key.name);
  const end = (one: Key) => `${nameInDashboard(one)}, which ends in …${one.hint ?? ''}`;
  return [
    `the key to delete is ${end(key)}`,
    ...others.map((other) =>
      replaced.includes(other.id) ? `after this one: ${end(other)}` : `keep ${end(other)}`,
    ),
  ];
}

/** False where a roll has delivered the successor's secret to the item of the old key. */
async function holdsSecretOf(
  { secret_item, digests }: LedgerKey,
  secrets: Guide['secrets'],
): Promise<boolean> {
  try {
    const saved = credentialDigests(await secrets.read(secret_item ?? ''));
    return saved.every((digest) => digests.includes(digest));
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return false;
    throw error;
  }
}
