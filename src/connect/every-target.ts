import { hasDatabase } from '../service/embedded.js';
import { existingLedger } from '../storage/ledger/existing-ledger.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { ConnectContext } from './connection.js';
import { operationTarget, resolveTarget } from './resolve-target.js';

/**
 * Every service that is known on this machine: each profile's, the embedded one if it has a database, and the
 * dashboards that the ledger has keys of and no profile names. The environment does not count.
 */
export async function everyTarget(
  context: Pick<ConnectContext, 'directories' | 'env' | 'ledger' | 'settings'>,
): Promise<readonly OperationTarget[]> {
  const settings = context.settings();
  const ledger = await existingLedger(context);
  const dashboards = ((await ledger?.keys({ address: 'dashboard' })) ?? []).map(({ provider }) => provider);
  const named = settings
    .profiles()
    .map(({ name }) =>
      operationTarget(resolveTarget({ flags: { profile: name }, env: {}, settings: () => settings })),
    );
  const isNamed = (provider: string) =>
    named.some((target) => target.provider === provider && target.baseUrl === null && !target.policy);
  const unnamed = (provider: string): OperationTarget => ({
    provider,
    profile: null,
    baseUrl: null,
    set: {},
    useEnvironmentKey: false,
  });
  const embedded = hasDatabase(context.directories().data) ? ['keys'] : [];
  const others = [...embedded, ...new Set(dashboards)].filter((provider) => !isNamed(provider));
  return [...named, ...others.map(unnamed)];
}
