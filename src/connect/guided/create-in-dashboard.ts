import { requireOwnSlot } from '../../domain/expressible.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { LedgerKey } from '../../storage/ledger/ledger.js';
import { labelled, ownName } from './dashboard-names.js';
import { openDashboard, showSteps } from './dashboard-steps.js';
import { requireExpressibleByHand } from './expressible-by-hand.js';
import { current, endAfter, type Guide, requireSafe } from './guide.js';
import { dashboardOf, takeInKey } from './take-in-key.js';

/** A person creates the key and pastes it. Throws for a key that the dashboard cannot create. */
export async function createInDashboard(guide: Guide, request: CreateKey) {
  const { provider, conversation, dashboard, clock } = guide;
  requireExpressibleByHand(provider, request, clock.now());
  requireOwnSlot(provider, request);
  await Promise.all([requireSafe(guide), guide.providers(), conversation.prepare()]);
  const superseded = await warnOfSuperseding(guide, request);
  const named = labelled(request, await ownName(guide, request.name));
  showSteps(guide, `A new key of ${provider.title}`, dashboard.create, named);
  await openDashboard(guide, named.environment);
  const created = await takeInKey(guide, named, {});
  if (superseded !== null) await endAfter(guide, superseded, created.key.id, 0);
  return created;
}

/**
 * Warns that the new key revokes the previous one, and asks whether to go on. Returns the previous one; null:
 * none is known.
 */
async function warnOfSuperseding(
  guide: Guide,
  request: Pick<CreateKey, 'service' | 'environment'>,
): Promise<LedgerKey | null> {
  const { provider, conversation, dashboard, ledger } = guide;
  const warning = dashboard.roll?.warning;
  if (warning === undefined || !provider.supersedes) return null;
  const { environment = provider.environments[0] ?? null } = request;
  const same = (await ledger.keys(dashboardOf(provider))).find(
    ({ key }) =>
      current(guide, key).status === 'active' &&
      key.service === (request.service ?? null) &&
      key.environment === environment,
  );
  conversation.warn(same === undefined ? warning : `${warning}: ${same.key.name} (${same.key.id})`);
  await conversation.confirm('Go on?');
  return same ?? null;
}
