import { connect, reconnect } from '../connect/connect.js';
import type { ConnectContext, Connection } from '../connect/connection.js';
import { everyTarget } from '../connect/every-target.js';
import { KeysError } from '../domain/errors.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { AuditSource } from './key-rule.js';

/** A service to be audited, opened; or why it could not be. */
export type OpenedSource =
  | { readonly connection: Connection; readonly source: AuditSource }
  | { readonly target: OperationTarget; readonly error: KeysError };

/** The service that flags, environment and profile name; with `all`, every one that is known here, one after the other. */
export async function* openSources(all: boolean, context: ConnectContext): AsyncGenerator<OpenedSource> {
  if (!all) {
    const connection = await connect(context);
    yield { connection, source: sourceOf(connection) };
    return;
  }
  for (const target of await everyTarget(context)) {
    try {
      const connection = await reconnect(context, target);
      yield { connection, source: sourceOf(connection) };
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      yield { target, error };
    }
  }
}

function sourceOf(connection: Connection): AuditSource {
  const { provider, profile, place, kind, baseUrl, credentialSource } = connection;
  return {
    provider: provider.id,
    title: provider.title,
    profile,
    place,
    flags: flagsOf(connection),
    prefixes: provider.format.prefixes,
    updates: kind === 'embedded' || provider.operations.update !== null,
    baseUrl,
    credentialSource,
    listedByLedger: kind === 'guided',
  };
}

/** How a command line names the same service. */
function flagsOf({ profile, kind, provider, baseUrl, providerNamed }: Connection): readonly string[] {
  if (profile !== null) return ['--profile', profile];
  if (kind === 'guided') return ['--provider', provider.id];
  return [
    ...(baseUrl === null ? [] : ['--base-url', baseUrl]),
    ...(providerNamed && provider.id !== 'keys' ? ['--provider', provider.id] : []),
  ];
}
