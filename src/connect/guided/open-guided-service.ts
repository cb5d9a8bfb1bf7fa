import type { KeyService } from '../../domain/key-service.js';
import type { ProviderDefinition } from '../../providers/define-provider.js';
import { loadAllProviders } from '../../providers/registry.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import { tryKey } from '../client.js';
import type { ConnectChoices, ConnectContext } from '../connection.js';
import type { Target } from '../resolve-target.js';
import { addressInEnvironment } from '../targeted-provider.js';
import { createConversation } from './converse.js';
import { createGuidedService } from './guided-service.js';

/** Opens the keys of a vendor that a person manages in its dashboard. */
export async function openGuidedService(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
  choices: ConnectChoices,
): Promise<KeyService> {
  return createGuidedService({
    provider,
    providers: () => loadAllProviders(context),
    conversation: createConversation({
      output: context.output,
      input: context.input,
      prompts: () => context.prompts(),
      openPage: pageOpener(context),
      yes: choices.yes === true,
    }),
    ledger: await context.ledger(),
    secrets: await openSavedSecrets(context, choices),
    clock: context.clock,
    baseUrl: target.baseUrl,
    check: (credential, environment) =>
      tryKey(
        context,
        provider,
        { baseUrl: addressInEnvironment(provider, target, environment), set: target.set },
        credential,
      ),
  });
}

/** Opens a page in the user's browser. Null if no page can be opened: no terminal, no display, `--no-browser`, or CI. */
function pageOpener(
  context: Pick<ConnectContext, 'env' | 'flags' | 'process'>,
): ((url: string) => Promise<void>) | null {
  const { env, flags } = context;
  const { isAttended, platform } = context.process;
  const display = platform === 'darwin' || platform === 'win32' || env['DISPLAY'] || env['WAYLAND_DISPLAY'];
  if (flags.browser === false || !isAttended || !display || env['CI']) return null;
  return async (url) => {
    const { default: open } = await import('open');
    // The address is on the screen in any case.
    await open(url).catch(() => undefined);
  };
}
