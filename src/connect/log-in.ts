import { compact } from '../domain/compact.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import { definitionOfEndpoints, openClient } from './client.js';
import { type ConnectContext, KEY_SERVICE } from './connection.js';
import { moveToPolicy, policyDoubt, refuseOtherPolicy, storedPolicy } from './followed-policy.js';
import { type Identity, identify } from './identify.js';
import { profileNamed } from './resolve-target.js';

/** What is logged in to. */
export interface LoginTarget {
  /** The provider's id, as flags or profile say it. */
  readonly id: string;
  readonly provider: ProviderDefinition;
  /** The address that flags, profile or environment say; null: the provider's own. */
  readonly address: string | null;
  readonly baseUrl: string;
  /** Fields of the provider's context. */
  readonly fields: Readonly<Record<string, string>>;
}

interface NewLogin {
  /** Name of the profile that keeps the credential. */
  readonly profile: string;
  readonly secret: string;
  readonly insecureStorage: boolean;
}

interface LoggedIn extends Identity {
  /** Why the policy that the service says is not followed; null: it is. */
  readonly doubt: string | null;
  /** Where the credential is kept, for people. */
  readonly source: string;
  /** Whether our own key service responds, whatever its policy. */
  readonly isKeyService: boolean;
}

/**
 * Tries a credential, stores it, and writes its profile, with the policy that a key service follows. Throws
 * what the service throws, before anything is stored.
 */
export async function logIn(
  { id, provider, address, baseUrl, fields }: LoginTarget,
  { profile, secret, insecureStorage }: NewLogin,
  context: ConnectContext,
): Promise<LoggedIn> {
  const definition = await definitionOfEndpoints(provider);
  const isKeyService = definition.id === KEY_SERVICE;
  const {
    key,
    policy: told,
    facts,
  } = await identify(await openClient(context, definition, { baseUrl, credential: secret, set: fields }));
  if (isKeyService) refuseOtherPolicy(id, told);
  const doubt = policyDoubt(told, facts);
  const policy = doubt === null ? told : null;
  const credentials = await context.credentials();
  const { origin } = new URL(baseUrl);
  const source = await credentials.store(
    profile,
    { secret, origin, ...compact({ key_id: key?.id }) },
    { insecureStorage },
  );
  const { policy: _, ...earlier } = profileNamed(profile, context) ?? {};
  await context.settings().saveProfile({
    ...earlier,
    ...compact({ policy: id === KEY_SERVICE ? storedPolicy(policy) : policyOfVendor(definition.id, id) }),
    name: profile,
    // A provider's own address is not written down: commands that name the provider alone find the profile.
    ...(address === null ? {} : { base_url: baseUrl }),
    ...(id === KEY_SERVICE ? {} : { provider: id }),
    ...(Object.keys(fields).length > 0 ? { set: fields } : {}),
  });
  if (id === KEY_SERVICE) await moveToPolicy(policy, context, baseUrl);
  return { key, policy, doubt, source, isKeyService };
}

/**
 * The policy of a key service that was logged in to by its vendor's name: `--provider jahuty --base-url …`.
 */
function policyOfVendor(endpoints: string, provider: string): string | undefined {
  return endpoints === KEY_SERVICE ? provider : undefined;
}
