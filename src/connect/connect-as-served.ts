import { KeysError } from '../domain/errors.js';
import type { ConnectChoices, ConnectContext, Connection } from './connection.js';
import { moveToPolicy, storedPolicy } from './followed-policy.js';
import { connectTo, openConnection } from './open-connection.js';

/**
 * Opens the service as `openConnection` does. A key service that no profile knows the policy of is asked for
 * it: a roll under the policy of another system needs that system's grace. Throws what `openConnection`
 * throws.
 */
export async function connectAsServed(
  context: ConnectContext,
  choices: ConnectChoices = {},
): Promise<Connection> {
  const connection = await openConnection(context, choices);
  const { isKeyService, kind, provider, baseUrl, target } = connection;
  if (!isKeyService || kind !== 'remote' || provider.id !== 'keys' || baseUrl === null) return connection;
  const policy = storedPolicy(await policyOf(connection));
  if (policy === undefined) return connection;
  await moveToPolicy(policy, context, baseUrl);
  return await connectTo(context, { ...target, policy });
}

/**
 * Null where the service does not say, or the credential may not see it: the roll itself reports any failure.
 */
async function policyOf(connection: Connection): Promise<string | null> {
  try {
    return await connection.policy();
  } catch (error) {
    if (error instanceof KeysError) return null;
    throw error;
  }
}
