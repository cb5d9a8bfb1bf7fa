import { statusAt } from '../domain/filter-keys.js';
import { resolveBaseUrl } from '../domain/provider.js';
import { loadProvider } from '../providers/registry.js';
import { hasDatabase } from '../service/embedded.js';
import { existingLedger } from '../storage/ledger/existing-ledger.js';
import { isByHand } from './by-hand.js';
import type { ConnectContext } from './connection.js';
import { embeddedFolder } from './embedded-folder.js';
import { openConnection } from './open-connection.js';
import { resolveTarget, type Target } from './resolve-target.js';

/** Most names that the embedded service is asked for: one page. */
const MOST = 1_000;

/**
 * The names of the keys of the service in use, from this machine alone: those of an embedded service; of any
 * other, those in the ledger and those that were seen there (`remembered`). Sends nothing and creates no
 * database.
 */
export async function localNames(
  context: ConnectContext,
  remembered: readonly string[],
): Promise<readonly string[]> {
  const target = resolveTarget(context);
  if (target.baseUrl === null && target.provider === 'keys') {
    return hasDatabase(embeddedFolder(context.directories().data, target))
      ? await embeddedNames(context)
      : [];
  }
  return [...new Set([...(await ledgerNames(context, target)), ...remembered])];
}

async function ledgerNames(context: ConnectContext, target: Target): Promise<readonly string[]> {
  const provider = await loadProvider(target.policy ?? target.provider, context);
  const address = isByHand(provider, target, context)
    ? 'dashboard'
    : resolveBaseUrl(provider, target.baseUrl, target.set);
  const ledger = address === null ? null : await existingLedger(context);
  if (address === null || ledger === null) return [];
  const known = await ledger.keys({ provider: provider.id, address });
  return known
    .filter(({ key }) => statusAt(key, context.clock.now()) !== 'revoked')
    .map(({ key }) => key.name);
}

async function embeddedNames(context: ConnectContext): Promise<readonly string[]> {
  const { service } = await openConnection(context);
  const page = await service.list({ limit: MOST, status: ['active', 'retiring', 'paused', 'expired'] });
  return [...new Set(page.keys.map(({ name }) => name))];
}
