import type { ManagedKey } from '../domain/managed-key.js';
import type { OperationTarget } from '../storage/ledger/operation.js';

/** Whose keys a connection's are. */
export function accountOf(target: OperationTarget, address: string): ManagedKey['account'] {
  return { provider: target.policy ?? target.provider, address, context: target.set };
}
