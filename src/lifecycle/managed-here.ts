import { exactName, type ManagedKey } from '../domain/managed-key.js';
import type { LifecycleContext } from './lifecycle-context.js';

/** A call of the program, with the flags that name an account. */
export type AccountContext = LifecycleContext & {
  readonly flags: {
    readonly provider?: string;
    readonly profile?: string;
    readonly baseUrl?: string;
    readonly input?: boolean;
  };
};

/**
 * The managed keys that a call may mean: those of the account that `--profile` or `--base-url` names, those of the provider that
 * `--provider` names alone, else all.
 */
export async function managedHere(context: AccountContext): Promise<readonly ManagedKey[]> {
  const { profile, provider, baseUrl } = context.flags;
  const all = await (await context.ledger()).managed.all();
  if (profile === undefined && baseUrl === undefined) {
    return provider === undefined ? all : all.filter(({ account }) => account.provider === provider);
  }
  const [{ resolveTarget, operationTarget }, { placeOfTarget }] = await Promise.all([
    import('../connect/resolve-target.js'),
    import('../connect/place-of-target.js'),
  ]);
  const target = operationTarget(resolveTarget(context));
  const place = await placeOfTarget(target, context);
  return all.filter(
    ({ account }) =>
      account.provider === (target.policy ?? target.provider) &&
      // A key from a dashboard has no address: it belongs to its provider, wherever requests go.
      (place === null || account.address === place || account.address === 'dashboard'),
  );
}

/** The keys with a version of exactly this id; if there is none, those of exactly this name. */
export function namedExactly(reference: string, keys: readonly ManagedKey[]): readonly ManagedKey[] {
  const byId = keys.filter(({ versions }) => versions.some(({ id }) => id === reference));
  const wanted = exactName(reference);
  return byId.length > 0 ? byId : keys.filter(({ name }) => name === wanted);
}
