import { type Credential, secretPartOf } from '../domain/key.js';
import type { Transport, TransportRequest, TransportResponse } from '../http/transport.js';
import { authenticationOf } from './authentication.js';
import type { ProviderDefinition } from './define-provider.js';

/**
 * A function that sends a request as the provider's documentation says: its headers, its scheme, signed where
 * it signs.
 */
export function useKey(
  definition: ProviderDefinition,
  { transport, userAgent }: { readonly transport: Transport; readonly userAgent: string },
): (
  credential: Credential,
  request: Omit<TransportRequest, 'headers'> & { readonly headers?: Readonly<Record<string, string>> },
) => Promise<TransportResponse> {
  return async (credential, request) => {
    // As it will be sent: the signature is over these very parameters.
    const url = new URL(request.url).href;
    const authentication = await authenticationOf(definition, 'auth', credential, { ...request, url });
    return await transport({
      ...request,
      url,
      credentialHeaders: Object.keys(authentication),
      secrets: [...(request.secrets ?? []), secretPartOf(credential)],
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...definition.headers,
        ...request.headers,
        ...authentication,
      },
    });
  };
}
