import { exactName, isCompatible, type ManagedKey } from '../../domain/managed-key.js';
import { nearest } from '../../domain/nearest.js';
import { option, type Words, words } from '../../domain/words.js';
import type { LifecycleContext } from '../lifecycle-context.js';

/** A call of the program. */
export type AccountContext = LifecycleContext & { readonly flags: { readonly input?: boolean } };

/** What says which account a call is for. */
type Naming = Pick<LifecycleContext, 'env' | 'flags' | 'process' | 'settings'>;

/** The managed keys that a call may mean; see `ofAccount`. */
export async function managedHere(context: AccountContext): Promise<readonly ManagedKey[]> {
  return await ofAccount(await (await context.ledger()).managed.all(), context);
}

/**
 * Returns the keys of the account that flags, variables or the current profile name, as `resolveTarget` reads
 * them; all keys if nothing names one. A provider without a profile or an address names all its accounts.
 * Throws `not_found` for an unknown provider.
 */
export async function ofAccount(all: readonly ManagedKey[], context: Naming): Promise<readonly ManagedKey[]> {
  const [{ resolveTarget, operationTarget }, { addressOfTarget }] = await Promise.all([
    import('../../connect/resolve-target.js'),
    import('../../connect/address-of-target.js'),
  ]);
  const target = operationTarget(resolveTarget(context));
  const provider = target.policy ?? target.provider;
  if (target.profile === null && target.baseUrl === null) {
    const isNamed = Boolean(context.flags.provider ?? context.env['KEYS_PROVIDER']);
    return isNamed ? all.filter(({ account }) => account.provider === provider) : all;
  }
  const address = await addressOfTarget(target, context);
  return all.filter(
    ({ account }) =>
      account.provider === provider &&
      // A key from a dashboard has no address: it belongs to its provider, wherever requests go.
      (address === null || account.address === address || account.address === 'dashboard') &&
      isCompatible(account.context, target.set),
  );
}

/**
 * Returns the keys of this call's account with a version of exactly this id, or else of exactly this name. If
 * there are none, and no flag names an account, returns those of every account with this id: the current
 * profile says which key a name means, and an id means one key anyway.
 */
export async function namedExactly(
  reference: string,
  context: AccountContext,
): Promise<readonly ManagedKey[]> {
  const all = await (await context.ledger()).managed.all();
  const here = await ofAccount(all, context);
  const hasId = ({ versions }: ManagedKey) => versions.some(({ id }) => id === reference);
  const wanted = exactName(reference);
  const { profile, provider, baseUrl } = context.flags;
  const isFlagged = (profile ?? provider ?? baseUrl) !== undefined;
  const groups = [
    here.filter(hasId),
    here.filter(({ name }) => name === wanted),
    isFlagged ? [] : all.filter(hasId),
  ];
  return groups.find(({ length }) => length > 0) ?? [];
}

/** Returns the hint for a name that only other accounts have; null if none has it. */
export async function hintOfOthers(reference: string, context: AccountContext): Promise<Words | null> {
  const wanted = exactName(reference);
  const named = (await (await context.ledger()).managed.all()).filter(({ name }) => name === wanted);
  return named.length === 0 ? null : chooseAccount(named);
}

/**
 * The hint for a name that no key has: that of a key of this account that may be meant; null if none is near.
 */
export async function hintOfNear(reference: string, context: AccountContext): Promise<string | null> {
  const names = (await managedHere(context)).map(({ name }) => name);
  const near = nearest(exactName(reference), names);
  return near === null ? null : `did you mean ${near}?`;
}

/** The hint that lists the accounts of keys with one name. */
export function chooseAccount(keys: readonly ManagedKey[]): Words {
  const accounts = keys.map(({ account }) => `${account.provider} at ${account.address}`);
  const choice = words`${option('profile')}, ${option('provider')} or ${option('base-url')}`;
  return words`choose its account with ${choice}: ${accounts.join(', ')}`;
}
