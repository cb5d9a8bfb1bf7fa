import { KeysError } from '../domain/errors.js';
import { secretPartOf } from '../domain/key.js';
import type { Provider, Webhook } from '../domain/provider.js';
import { titleInSentence } from '../domain/systems.js';
import type { Context } from './context.js';

/** How a provider signs its webhooks, and the secret that signs. */
export interface Signer {
  readonly webhook: Webhook;
  readonly provider: Provider;
  readonly secret: string;
}

/**
 * The signer of the provider that this call is for. `key`: a saved key whose secret signs; else that of the
 * environment. Throws `unsupported` for a provider that signs no webhooks, and `not_logged_in` without a
 * secret.
 */
export async function openSigner(key: string | undefined, context: Context): Promise<Signer> {
  const { targetedProvider } = await import('../connect/targeted-provider.js');
  const { provider } = await targetedProvider(context);
  const { webhook } = provider;
  if (webhook === null) {
    throw new KeysError('unsupported', `${titleInSentence(provider)} is not known to sign webhooks`, {
      hint: 'name another with --provider; keys provider list shows them',
    });
  }
  return { webhook, provider, secret: await signingSecret(key, webhook, provider, context) };
}

async function signingSecret(
  key: string | undefined,
  webhook: Webhook,
  provider: Provider,
  context: Context,
): Promise<string> {
  if (key !== undefined) {
    const { findSavedSecret } = await import('../lifecycle/places/find-saved-secret.js');
    return secretPartOf((await findSavedSecret(key, context)).credential);
  }
  const secret = context.env[webhook.variable];
  if (secret) return secret;
  throw new KeysError('not_logged_in', `no signing secret of ${titleInSentence(provider)}`, {
    hint: `name a saved key with --key, or set ${webhook.variable}`,
  });
}
