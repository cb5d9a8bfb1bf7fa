import { type ErrorCode, KeysError } from '../domain/errors.js';
import type { ConnectContext, Connection } from './connection.js';
import { openConnection } from './open-connection.js';
import { targetedProvider } from './targeted-provider.js';

/** What is known of the connection where it cannot be made: where it would go, and why it does not. */
type Unconnected = Pick<Connection, 'profile' | 'baseUrl' | 'kind' | 'provider' | 'credentialSource'> & {
  readonly failure: KeysError;
};

/** Failures that say how things stand, and do not hide the rest. */
const TOLD = new Set<ErrorCode>([
  'keychain_unavailable',
  'keychain_timeout',
  'not_logged_in',
  'origin_mismatch',
]);

/**
 * Opens the service that flags, environment and profile name, or says what is known of it without a
 * credential. Throws as `openConnection` does for any other failure.
 */
export async function connectOrTell(context: ConnectContext): Promise<Connection | Unconnected> {
  try {
    return await openConnection(context);
  } catch (error) {
    if (!(error instanceof KeysError) || !TOLD.has(error.code)) throw error;
    const { profile, baseUrl, provider } = await targetedProvider(context);
    return { profile, baseUrl, provider, kind: 'remote', credentialSource: null, failure: error };
  }
}
