import type { Connection } from '../../connect/connection.js';
import { FROM_ENVIRONMENT } from '../../connect/connection-credential.js';
import type { Key } from '../../domain/key.js';
import type { ManagedKey } from '../../domain/managed-key.js';
import type { PlaceFlags } from '../places/delivery-plan.js';

/** Where the credential of this call is: `profile:NAME`, or `KEYS_API_KEY`. */
export type Login = string;

/**
 * Where this program has the key, if the key is the credential of this call. Null: it is another key. A
 * profile that signs in with a key is one of the places of that key, whether or not somebody has named it.
 */
export async function loginWith(
  { id, scopes }: Pick<Key, 'id' | 'scopes'>,
  { isOwnCredential, isKeyService, kind, profile, credentialSource, service }: LoginConnection,
): Promise<Login | null> {
  const isInVariable = credentialSource === FROM_ENVIRONMENT;
  // A variable does not say the id of its key. Our service is asked for it, where this key could sign in.
  const couldSignIn = isInVariable && isKeyService && kind === 'remote' && scopes?.includes('keys:write');
  const isOwn = (await isOwnCredential(id)) || (couldSignIn && (await service.whoami())?.id === id);
  if (!isOwn) return null;
  if (isInVariable) return FROM_ENVIRONMENT;
  return profile === null ? null : `profile:${profile}`;
}

type LoginConnection = Pick<
  Connection,
  'isOwnCredential' | 'isKeyService' | 'kind' | 'profile' | 'credentialSource' | 'service'
>;

/** The flags with the profile as one more place, unless it is one of the places already. */
export function deliveredToLogin(
  flags: PlaceFlags,
  login: Login | null,
  { places }: Pick<ManagedKey, 'places'>,
): PlaceFlags {
  const named = [...(flags.to ?? []), ...places.map(({ id }) => id)];
  if (login === null || login === FROM_ENVIRONMENT || named.includes(login)) return flags;
  return { ...flags, to: [...(flags.to ?? []), login] };
}

/** What the person must do who keeps the credential in an environment variable. */
export function loginWarnings(login: Login | null): readonly string[] {
  if (login !== FROM_ENVIRONMENT) return [];
  return [`${FROM_ENVIRONMENT} has the old key: give it the new one before the old one ends`];
}
