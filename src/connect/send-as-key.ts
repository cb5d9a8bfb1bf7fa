import type { Credential } from '../domain/key.js';
import type { TransportRequest, TransportResponse } from '../http/transport.js';
import { loadProvider } from '../providers/registry.js';
import { useKey } from '../providers/use-key.js';
import { userAgent } from './client.js';
import type { ConnectContext } from './connection.js';

/**
 * Sends a request as this key, in the way of its provider: its headers, its scheme, signed where it signs.
 */
export async function sendAsKey(
  request: TransportRequest,
  credential: Credential,
  providerId: string,
  context: ConnectContext,
): Promise<TransportResponse> {
  const definition = await loadProvider(providerId, context);
  const send = useKey(definition, { transport: await context.transport(), userAgent: userAgent(context) });
  return await send(credential, request);
}
