import type { Account } from '../../domain/managed-key.js';
import type { Provider } from '../../domain/provider.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';

/**
 * The account of the keys that a connection or an operation is for. The vendor's own options belong to one
 * key (its rights), not to the account, although `--set` gives both.
 */
export function accountOf({
  target,
  address,
  provider: { options },
}: {
  readonly target: OperationTarget;
  readonly address: string;
  readonly provider: Pick<Provider, 'options'>;
}): Account {
  const context = Object.entries(target.set).filter(
    ([name]) => !options.some((option) => option.name === name),
  );
  return {
    provider: target.policy ?? target.provider,
    address: address,
    context: Object.fromEntries(context),
  };
}
