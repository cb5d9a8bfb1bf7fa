import type { Connection } from '../cli/context.js';
import type { Clock } from '../domain/clock.js';
import { statusAt } from '../domain/filter-keys.js';
import { addressOf, isManagedByHand, type Provider } from '../domain/provider.js';
import { hasDatabase } from '../service/embedded.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { embeddedFolder } from './connect.js';
import type { Target } from './resolve-target.js';

interface LocalNames {
  readonly target: Target;
  readonly dataDir: string;
  readonly clock: Clock;
  /** Names that were seen at the target's service. */
  readonly remembered: () => readonly string[];
  readonly connect: () => Promise<Connection>;
  readonly provider: (id: string) => Promise<Provider>;
  /** Null where this machine has none yet. */
  readonly ledger: () => Promise<Ledger | null>;
}

/** Most names that the embedded service is asked for: a page. */
const MOST = 1_000;

/**
 * The names of the keys where calls go, from this machine alone: an embedded service's own; of any other, those in the ledger
 * and those that were seen there. Nothing is asked over a network, and no database is made.
 */
export async function localNames(from: LocalNames): Promise<readonly string[]> {
  const { target } = from;
  if (target.baseUrl === null && (target.provider === 'keys' || target.policy !== undefined)) {
    return hasDatabase(embeddedFolder(from.dataDir, target)) ? await embeddedNames(from) : [];
  }
  const provider = await from.provider(target.provider);
  const place = isManagedByHand(provider, target.baseUrl)
    ? 'dashboard'
    : addressOf(provider, target.baseUrl, target.set);
  const ledger = place === null ? null : await from.ledger();
  const known = place === null ? [] : ((await ledger?.keys({ provider: provider.id, place })) ?? []);
  const live = known.filter(({ key }) => statusAt(key, from.clock.now()) !== 'revoked');
  return [...new Set([...live.map(({ key }) => key.name), ...from.remembered()])];
}

async function embeddedNames({ connect }: LocalNames): Promise<readonly string[]> {
  const { service } = await connect();
  const page = await service.list({ limit: MOST, status: ['active', 'retiring', 'expired'] });
  return [...new Set(page.keys.map(({ name }) => name))];
}
