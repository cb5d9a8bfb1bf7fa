import { compact } from '../../domain/compact.js';
import { requireExpressible } from '../../domain/expressible.js';
import type { CreateKey } from '../../domain/key-service.js';
import type { Provider } from '../../domain/provider.js';

/**
 * The provider of a dashboard with what the ledger adds: a service and metadata. An expiry is not added: a
 * key that its vendor does not end would be shown as expired.
 */
export function withLedger(provider: Provider): Provider {
  const { expires_at } = provider.accepts;
  return {
    ...provider,
    accepts: { service: 'kept in the ledger', ...compact({ expires_at }) },
    updates: ['name', 'service', 'metadata', ...(expires_at === undefined ? [] : ['expires_at' as const])],
    keepsMetadata: true,
    options: [],
  };
}

/** Throws as `requireExpressible` does, for a key that a person creates. */
export function requireExpressibleByHand(provider: Provider, request: CreateKey, nowMs: number): void {
  requireExpressible(withLedger(provider), request, nowMs);
}
