import type { Connection } from '../../connect/connection.js';
import { KeysError } from '../../domain/errors.js';
import { DEFAULT_GRACE_MS } from '../../domain/grace.js';
import type { Grace } from '../../domain/provider.js';
import { RESTRICTION_LISTS } from '../../domain/restrictions.js';
import { hasScope, SCOPE_CREATE, SCOPE_READ, SCOPE_WRITE } from '../../domain/scopes.js';
import {
  ANY_EXPIRY,
  type ConsoleAccount,
  type ConsoleFacts,
  factsOfPolicy,
  KEY_FIELDS,
} from '../../service/console/console-account.js';
import type { OperationTarget } from '../../storage/ledger/operation.js';
import type { Context } from '../context.js';
import { auditConnection } from './console-audit.js';
import { createConsoleKeys } from './console-keys.js';
import { createConsoleLedger } from './console-ledger.js';

/** Opens a service for the pages of the console. Throws what `reconnect` throws. */
export async function openConsoleAccount(context: Context, target: OperationTarget): Promise<ConsoleAccount> {
  const { reconnect } = await import('../../connect/open-connection.js');
  const connection = await reconnect(context, target);
  const { kind, isKeyService, profile, provider } = connection;
  const own = isKeyService && kind === 'remote' ? await ownKey(connection) : null;
  const may = (scope: string) => own === null || hasScope(own.scopes ?? [], scope);
  const byHand = kind === 'guided';
  return {
    facts: isKeyService ? await serviceFacts(connection) : vendorFacts(connection),
    service: createConsoleKeys(connection, context),
    ledger: createConsoleLedger(connection, context),
    audit: auditConnection(connection, context),
    who: profile ?? provider.title,
    ownKeyId: own?.id ?? connection.ownKeyId,
    may: {
      read: may(SCOPE_READ),
      create: !byHand && (isKeyService || provider.operations.create !== null) && may(SCOPE_CREATE),
      write: !byHand && may(SCOPE_WRITE),
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
  const { findPolicy } = await import('../../service/policies/find-policy.js');
  const facts = factsOfPolicy(findPolicy((await connection.policy()) ?? 'keys'));
  const grace = facts.grace === null ? null : graceOf(connection);
  return { ...facts, environments: environmentsOf(facts.environments, connection), grace };
}

/** The profile's environment first: it is the default of a new key. */
function environmentsOf(
  all: readonly string[],
  { defaultEnvironment: first }: Connection,
): readonly string[] {
  return first === undefined ? all : [first, ...all.filter((each) => each !== first)];
}

function vendorFacts(connection: Connection): ConsoleFacts {
  const { provider, target } = connection;
  const { title, environments, types, accepts, supersedes, keepsMetadata, operations } = provider;
  const updates = operations.update === null ? [] : provider.updates;
  const given = KEY_FIELDS.filter((field) =>
    field === 'metadata' ? keepsMetadata : accepts[field] !== undefined,
  );
  const changed = (field: (typeof KEY_FIELDS)[number]) =>
    RESTRICTION_LISTS.has(field) ? updates.includes('restrictions') : updates.some((each) => each === field);
  return {
    ...{ title, isKeyService: false, types, supersedes },
    environments: environmentsOf(environments, connection),
    creates: new Set(given),
    expiry: { ...ANY_EXPIRY, ...(typeof accepts.expires_at === 'object' ? accepts.expires_at : {}) },
    updates: new Set([...(updates.includes('name') ? ['name' as const] : []), ...given.filter(changed)]),
    options: provider.options.filter(({ name }) => target.set[name] === undefined),
    grace: operations.create === null ? null : graceOf(connection),
  };
}

/**
 * How long an old key can work on: where the provider has no roll of its own, `keys` revokes the old key at
 * its time.
 */
function graceOf({ roll, kind, provider }: Connection): Grace | null {
  if (kind === 'guided') return null;
  const chosen: Grace = { kind: 'any', defaultSeconds: DEFAULT_GRACE_MS / 1000 };
  if (roll.by === 'composed') return chosen;
  const composes = kind === 'remote' && provider.operations.create === 'endpoint';
  return roll.grace.kind === 'none' && composes ? chosen : roll.grace;
}
