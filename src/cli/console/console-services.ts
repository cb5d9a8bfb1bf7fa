import { KeysError, keysErrorOf } from '../../domain/errors.js';
import type { ConsoleService } from '../../service/console/all-services-options.js';
import type { ConsoleAccount } from '../../service/console/console-account.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';
import { explain } from '../explain-errors.js';

const EMBEDDED: OperationTarget = {
  ...{ provider: 'keys', profile: null, baseUrl: null, set: {}, useEnvironmentKey: false },
};

/**
 * Returns what lists every service that this machine knows: each profile, the embedded service, and
 * dashboards. A service is opened once; one that failed is opened again at the next page.
 */
export function createConsoleServices(started: Context): () => Promise<readonly ConsoleService[]> {
  const opened = new Map<string, Promise<ConsoleAccount>>();

  function open(key: string, target: OperationTarget, context: Context): Promise<ConsoleAccount> {
    const known = opened.get(key);
    if (known !== undefined) return known;
    const opening = import('./console-account.js')
      .then(({ openConsoleAccount }) => openConsoleAccount(context, target))
      .catch((error: unknown) => {
        opened.delete(key);
        throw error instanceof KeysError ? explain(error) : keysErrorOf(error);
      });
    opened.set(key, opening);
    return opening;
  }

  const titles = new Map<string, Promise<string>>();

  /**
   * What the pages call a provider, also while its service does not respond. Its id where its file cannot be
   * read.
   */
  function titleOf(id: string, context: Context): Promise<string> {
    const known = titles.get(id);
    if (known !== undefined) return known;
    const title = import('../../providers/registry.js')
      .then(async ({ loadProvider }) => (await loadProvider(id, context)).title)
      .catch(() => id);
    titles.set(id, title);
    return title;
  }

  return async () => {
    // A profile that was added since the start counts, too.
    const { createSettings } = await import('../../storage/settings-file.js');
    const settings = createSettings(started.directories().config);
    const context = { ...started, settings: () => settings };
    const { everyTarget } = await import('../../connect/every-target.js');
    const known = await everyTarget(context);
    const targets = known.length > 0 ? known : [EMBEDDED];
    const all = targets.map(async (target) => {
      const { provider, profile } = target;
      const named = provider === 'keys' ? 'this machine' : provider;
      return {
        path: profile === null ? `own/${provider}` : `p/${profile}`,
        name: profile ?? named,
        provider: await titleOf(target.policy ?? provider, context),
        options: optionsOf(target, context),
        open: () => open(JSON.stringify(target), target, context),
      };
    });
    return await Promise.all(all);
  };
}

/** What a command needs beside its own options to reach the same service. */
function optionsOf({ provider, profile }: OperationTarget, { settings }: Context): string[] {
  if (profile !== null) return ['--profile', profile];
  return provider !== 'keys' || settings().get('profile') ? ['--provider', provider] : [];
}
