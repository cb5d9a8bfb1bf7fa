import { requireChangeable } from '../domain/expressible.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import type { ConnectChoices, ConnectContext } from './connection.js';
import type { Opened } from './opened.js';
import type { Target } from './resolve-target.js';
import { refusePublishedAddress } from './targeted-provider.js';

/** A vendor whose keys are managed in its dashboard, where a person does what this program asks for. */
export async function openGuided(
  context: ConnectContext,
  provider: ProviderDefinition,
  target: Target,
  choices: ConnectChoices,
): Promise<Opened> {
  const [{ openGuidedService }, { requireExpressibleByHand, withLedger }] = await Promise.all([
    import('./guided/open-guided-service.js'),
    import('./guided/expressible-by-hand.js'),
  ]);
  return {
    service: await openGuidedService(context, provider, target, choices),
    kind: 'guided',
    roll: provider.dashboard?.roll
      ? { by: 'provider', grace: provider.dashboard.roll.grace }
      : { by: 'composed' },
    refuseInexpressible: (request) => {
      requireExpressibleByHand(provider, request, context.clock.now());
      if (target.baseUrl !== null) refusePublishedAddress(provider, target.baseUrl, request.environment);
    },
    refuseUnchangeable: (changes) => requireChangeable(withLedger(provider), changes),
    tryOut: async () => ({ outcome: 'not_asked', message: 'it was tried when it was pasted' }),
    keyOfSecret: async () => null,
    idsInSecret: async () => [],
    baseUrl: null,
    address: 'dashboard',
    credentialSource: null,
    credentialStoredAt: null,
    credentialHasOurFormat: async () => false,
    isKeyService: false,
    policy: async () => null,
    ownKeyId: null,
    ownKeyIds: async () => [],
    isOwnCredential: async () => false,
    fingerprint: async () => null,
  };
}
