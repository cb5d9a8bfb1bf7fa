import { fromVariable } from '../domain/credential-text.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { addressVariable, credentialVariable } from './account-variables.js';
import { normalizeBaseUrl } from './base-url.js';
import { type ConnectContext, KEY_SERVICE } from './connection.js';
import { resolveTarget } from './resolve-target.js';

/**
 * The credential in the variable of the operation's account, as `apply` reads it. Null where there is none,
 * and for an address that `KEYS_BASE_URL_<ACCOUNT>` does not name.
 */
export function accountCredential({ env }: ConnectContext, target: OperationTarget): string | null {
  const name = target.account ?? target.profile;
  if (name === null) return null;
  const stated = env[addressVariable(name)];
  const isAllowed =
    target.baseUrl === null || (Boolean(stated) && normalizeBaseUrl(stated ?? '') === target.baseUrl);
  return isAllowed ? fromVariable(env, credentialVariable(name)) : null;
}

/**
 * The profile of an earlier target on this machine. Another machine, which shares the ledger, may have
 * another name for it. Null: no profile is of this target.
 */
export function profileHere(
  { profile, provider, baseUrl, set }: OperationTarget,
  { settings }: Pick<ConnectContext, 'settings'>,
): string | null {
  if (profile === null) return null;
  const fitting = settings()
    .profiles()
    .filter(
      (one) =>
        (one.provider ?? KEY_SERVICE) === provider &&
        (one.base_url ?? null) === baseUrl &&
        Object.entries(set).every(([name, value]) => (one.set?.[name] ?? value) === value),
    );
  return (fitting.find(({ name }) => name === profile) ?? fitting[0])?.name ?? null;
}

/**
 * Whether the credential in the environment is for this earlier target: provider and address are given with
 * it, and are the same. A credential is never sent to an address that it was not given for.
 */
export function isEnvironmentFor(context: ConnectContext, { provider, baseUrl }: OperationTarget): boolean {
  const now = resolveTarget(context);
  const { env, flags } = context;
  const address = flags.baseUrl ?? env['KEYS_BASE_URL'];
  const explicit = address || flags.provider !== undefined || env['KEYS_PROVIDER'];
  return Boolean(explicit) && now.useEnvironmentKey && now.provider === provider && now.baseUrl === baseUrl;
}
