import { KeysError } from '../domain/errors.js';
import { statusAt } from '../domain/filter-keys.js';
import type { LedgerKey } from '../storage/ledger/ledger.js';
import type { LifecycleContext } from './lifecycle-context.js';

/**
 * The key with a saved secret that a reference names: its id, its exact name, or a prefix of either that only one has.
 * `--provider` or a profile narrows the search; of one name, the key in use is meant. Throws `not_found`, `ambiguous_key`.
 */
export async function findSavedKey(
  reference: string,
  context: LifecycleContext,
): Promise<{ entry: LedgerKey; item: string }> {
  const { targetedProvider } = await import('../connect/targeted-provider.js');
  const { profile, provider: named } = context.flags;
  const narrowed = profile !== undefined || named !== undefined;
  const { provider } = await targetedProvider(context);
  const ledger = await context.ledger();
  const all = await ledger.keys(narrowed ? { provider: provider.id } : {});
  const live = (entry: LedgerKey) =>
    ['active', 'retiring'].includes(statusAt(entry.key, context.clock.now()));
  const saved = all.filter((entry) => entry.secret_item !== null);
  const byRank = [
    saved.filter(({ key }) => key.id === reference),
    saved.filter((entry) => entry.key.name === reference && live(entry) && !entry.key.rolled_to),
    saved.filter((entry) => entry.key.name === reference && live(entry)),
    saved.filter(({ key }) => key.id.startsWith(reference) || key.name.startsWith(reference)),
  ];
  const [entry, ...others] = byRank.find(({ length }) => length > 0) ?? [];
  if (entry === undefined) {
    throw new KeysError('not_found', `no saved secret of a key ${reference}`, {
      hint: 'keys import takes in a key that exists already; keys create --save keeps a new one',
    });
  }
  if (others.length > 0) {
    const candidates = [entry, ...others].map(({ key, provider: id }) => ({
      id: key.id,
      name: key.name,
      provider: id,
    }));
    throw new KeysError('ambiguous_key', `${candidates.length} saved keys are meant by ${reference}`, {
      hint: `name one by its id: ${candidates.map(({ id, name }) => `${id} (${name})`).join(', ')}`,
      details: { candidates },
    });
  }
  return { entry, item: entry.secret_item ?? '' };
}
