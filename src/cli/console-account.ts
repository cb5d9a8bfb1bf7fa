import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import type { Provider } from '../domain/provider.js';
import { hasScope, SCOPE_CREATE, SCOPE_READ, SCOPE_WRITE } from '../domain/scopes.js';
import type { ConsoleAccount, ConsoleFacts } from '../service/console/console-account.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { createConsoleKeys } from './console-keys.js';
import type { Context } from './context.js';

/** Opens a service for the pages of the console. Throws what `reconnect` throws. */
export async function openConsoleAccount(context: Context, target: OperationTarget): Promise<ConsoleAccount> {
  const { reconnect } = await import('../connect/open-connection.js');
  const connection = await reconnect(context, target);
  const { kind, isKeyService, profile, provider } = connection;
  const own = isKeyService && kind === 'remote' ? await ownKey(connection) : null;
  const may = (scope: string) => own === null || hasScope(own.scopes ?? [], scope);
  return {
    facts: isKeyService ? await serviceFacts(connection) : vendorFacts(provider),
    service: createConsoleKeys(connection, context),
    who: profile ?? provider.title,
    ownKeyId: own?.id ?? null,
    may: {
      read: may(SCOPE_READ),
      // A create at a vendor is written down first, so that a lost response leaves no unknown key: the command line does that.
      create: isKeyService && may(SCOPE_CREATE),
      write: kind !== 'guided' && may(SCOPE_WRITE),
    },
  };
}

async function ownKey({ service }: Connection) {
  try {
    return await service.whoami();
  } catch (error) {
    if (error instanceof KeysError && error.code === 'forbidden') return null;
    throw error;
  }
}

async function serviceFacts(connection: Connection): Promise<ConsoleFacts> {
  const { findPolicy } = await import('../service/policies/find-policy.js');
  const policy = findPolicy((await connection.policy()) ?? 'keys');
  return { ...policy, grace: policy.roll };
}

/** Rolls of vendors' keys are for the command line: it delivers the new secret before the old key stops. */
function vendorFacts({ title, environments, types, accepts, supersedes }: Provider): ConsoleFacts {
  return {
    ...{ title, environments, types, supersedes, grace: null },
    scopes: accepts.scopes !== undefined,
    restrictions: [accepts.ips, accepts.referrers, accepts.endpoints].some((each) => each !== undefined),
  };
}
