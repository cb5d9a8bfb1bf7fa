import { compact } from '../../domain/compact.js';
import type { KeyService } from '../../domain/key-service.js';
import type { ProviderDefinition } from '../../providers/define-provider.js';
import { loadAllProviders } from '../../providers/registry.js';
import { openSavedSecrets } from '../../storage/ledger/saved-secrets.js';
import { tryKey } from '../client.js';
import type { ConnectChoices, ConnectContext } from '../connection.js';
import { pageOpener } from '../open-page.js';
import type { Target } from '../resolve-target.js';
import { addressInEnvironment, otherEnvironmentText } from '../targeted-provider.js';
import { createConversation } from './converse.js';
import { createGuidedService } from './guided-service.js';

/** Opens the keys of a vendor that a person manages in its dashboard. */
export async function openGuidedService(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
  choices: ConnectChoices,
): Promise<KeyService> {
  const { baseUrl } = target;
  const addressOf = (environment: string | null) =>
    addressInEnvironment(provider, target, environment) === null ? null : baseUrl;
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
    secrets: openSavedSecrets(context, choices),
    clock: context.clock,
    saves: choices.escrow !== false,
    anyForm: Boolean(context.env['KEYS_ANY_CREDENTIAL']),
    asked: compact({
      insecureStorage: choices.insecureStorage,
      ...{ set: context.flags.set, profile: context.flags.profile },
    }),
    addressOf,
    async check(credential, environment) {
      const address = addressInEnvironment(provider, target, environment);
      const other = otherEnvironmentText(target, environment);
      if (address === null && other !== null)
        return { outcome: 'not_asked', message: `this is a ${environment} key, and ${other}` };
      return await tryKey(context, provider, { baseUrl: address, set: target.set }, credential);
    },
  });
}
