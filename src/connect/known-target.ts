import { requireExpressible } from '../domain/expressible.js';
import type { CreateKey } from '../domain/key-service.js';
import type { Provider } from '../domain/provider.js';
import { withOptionsOfSet } from '../domain/set-options.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { loadProvider } from '../providers/registry.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { addressOfTarget } from './address-of-target.js';
import { definitionOfEndpoints } from './client.js';
import { type ConnectContext, type Connection, KEY_SERVICE } from './connection.js';

/** What is known of a target before its credential is read and anything is sent. */
export interface KnownTarget {
  readonly provider: Provider;
  readonly kind: Connection['kind'];
  /** As `Connection.address` has it. Null: no address is known. */
  readonly address: string | null;
  /** As `Connection.refuseInexpressible`, without the settings that are missing. */
  refuseInexpressible(request: CreateKey): void;
}

type OfflineContext = Pick<ConnectContext, 'clock' | 'env' | 'flags' | 'process' | 'settings'>;

/** What this machine knows of a target. Throws `not_found` for an unknown provider. */
export async function knownTarget(context: OfflineContext, target: OperationTarget): Promise<KnownTarget> {
  const provider = await loadProvider(target.policy ?? target.provider, context);
  const address = await addressOfTarget(target, context);
  if (target.provider === KEY_SERVICE && target.baseUrl === null) {
    const { refuseWhatServiceWould } = await import('../service/rules/refuse-what-service-would.js');
    return {
      ...{ provider, address, kind: 'embedded' },
      refuseInexpressible: (request) =>
        refuseWhatServiceWould(request, target.policy ?? KEY_SERVICE, context.clock.now()),
    };
  }
  if (address === 'dashboard') {
    const { requireExpressibleByHand } = await import('./guided/expressible-by-hand.js');
    return {
      ...{ provider, address, kind: 'guided' },
      refuseInexpressible: (request) => requireExpressibleByHand(provider, request, context.clock.now()),
    };
  }
  const definition = await definitionOfEndpoints(provider);
  return {
    ...{ provider, address, kind: 'remote' },
    refuseInexpressible: (request) => refuseForRemote(request, definition, target, context),
  };
}

/** Throws for a key that this vendor cannot have. A key service judges requests itself. */
export function refuseForRemote(
  request: CreateKey,
  definition: ProviderDefinition,
  { set }: Pick<OperationTarget, 'set'>,
  { clock }: Pick<ConnectContext, 'clock'>,
): void {
  if (definition.judgesRequests) return;
  requireExpressible(definition, withOptionsOfSet(definition, request, set), clock.now());
}
