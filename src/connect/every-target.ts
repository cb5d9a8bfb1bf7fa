import { hasDatabase } from '../service/embedded.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { Settings } from '../storage/settings.js';
import { operationTarget } from './connect.js';
import { resolveTarget } from './resolve-target.js';

/**
 * Every service that is known on this machine, as data: each profile's, the embedded one where it has a database, and the
 * dashboards (`dashboards`: their providers, again and again) that no profile names. Nothing of the environment counts.
 */
export async function everyTarget(
  settings: Settings,
  dataDir: string,
  dashboards: readonly string[],
): Promise<readonly OperationTarget[]> {
  const named = settings
    .profiles()
    .map(({ name }) => operationTarget(resolveTarget({ flags: { profile: name }, env: {}, settings })));
  const isNamed = (provider: string) =>
    named.some((target) => target.provider === provider && target.baseUrl === null && !target.policy);
  const unnamed = (provider: string): OperationTarget => ({
    provider,
    profile: null,
    baseUrl: null,
    set: {},
    useEnvironmentKey: false,
  });
  const others = [...(hasDatabase(dataDir) ? ['keys'] : []), ...new Set(dashboards)];
  return [...named, ...others.filter((provider) => !isNamed(provider)).map(unnamed)];
}
