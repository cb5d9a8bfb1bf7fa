import { Command } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import type { Key } from '../../domain/key.js';
import { asShown, wholeSecond } from '../../domain/whole-seconds.js';
import type { Credentials } from '../../storage/keychain/credentials.js';
import { bothTimes } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';

export function statusCommand(context: Context) {
  return new Command('status')
    .description(
      'Says where calls go, as whom, with which scopes, which source of a setting won, and whether the keychain can be used.',
    )
    .addHelpText(
      'after',
      `
Output:
  what prevents a connection (no credential, a keychain that cannot be used) is printed after the rest, with its exit code;
  --json prints {"profile","base_url","provider","service","managed_by","credential","credential_stored_at","keychain":{"name","usable","problem"},"key","settings_file"}

Examples:
  keys status
  keys status --profile team --json`,
    )
    .action(() => status(context));
}

async function status(context: Context): Promise<void> {
  const { connectOrTell } = await import('../../connect/connect-or-tell.js');
  const connection = await connectOrTell(context);
  const failure = 'failure' in connection ? connection.failure : null;
  const key = 'service' in connection ? await connection.service.whoami() : null;
  // A broken keychain is reported beside the rest: the command does not need it.
  const keychain = await (await context.credentials()).backend();
  const storedAt = 'credentialStoredAt' in connection ? connection.credentialStoredAt : null;
  const json = {
    profile: connection.profile,
    base_url: connection.baseUrl,
    provider: connection.provider.id,
    service: connection.kind,
    managed_by: managedBy(connection),
    credential: connection.credentialSource,
    credential_stored_at: wholeSecond(storedAt),
    keychain,
    key: key === null ? null : asShown(key),
    settings_file: context.settings().path,
  };
  const now = context.clock.now();
  const none = failure ? 'none' : NO_CREDENTIAL[connection.kind];
  await context.output.record(json, [
    ['profile', connection.profile ?? 'none'],
    ['provider', `${connection.provider.title} (${connection.provider.id})`],
    ['service', connection.baseUrl ?? WITHOUT_ADDRESS[connection.kind]],
    ['keys are managed by', managedBy(connection)],
    ['credential', connection.credentialSource ?? none],
    ...(storedAt === null ? [] : [['stored', bothTimes(storedAt, now)] as const]),
    ...holder(connection.kind, key, now),
    ['keychain', keychainText(keychain, context.settings().get('storage') === 'file')],
    ['settings', context.settings().path],
  ]);
  if (key !== null && 'service' in connection && connection.isKeyService) {
    const { warnOfPlainKey } = await import('../warn-of-plain-key.js');
    warnOfPlainKey(context, key);
  }
  if (failure !== null) throw failure;
}

/** `inFile`: the setting says that secrets are kept in a file, so no keychain is missing. */
function keychainText(
  { name, usable, problem }: Awaited<ReturnType<Credentials['backend']>>,
  inFile: boolean,
): string {
  if (inFile) return 'not used: secrets are in a file that only you can read (setting storage)';
  return usable ? name : `none: ${problem ?? 'not usable'}`;
}

const WITHOUT_ADDRESS = {
  embedded: 'embedded, in this process',
  guided: "the vendor's dashboard",
  remote: 'no address',
} as const;
const NO_CREDENTIAL = {
  embedded: 'none needed: who may open the file may manage its keys',
  guided: 'none: you do in the dashboard what the steps say',
  remote: 'none',
} as const;

/** By which way keys are made, rolled and ended here. */
function managedBy({ kind, provider }: Pick<Connection, 'kind' | 'provider'>): string {
  if (kind === 'guided') return 'dashboard';
  if (provider.operations.create === 'endpoint')
    return kind === 'embedded' ? 'embedded service' : 'endpoints';
  return `key service under the rules of ${provider.id}`;
}

function holder(kind: Connection['kind'], key: Key | null, now: number): Array<readonly [string, string]> {
  if (key === null) return kind === 'embedded' ? [['you are', 'the owner of its database']] : [];
  return [
    ['you are', `${key.name} (${key.id})`],
    ...(key.environment ? [['environment', key.environment] as const] : []),
    ...(key.created_at ? [['created', bothTimes(key.created_at, now)] as const] : []),
    ['scopes', key.scopes === undefined ? 'not told' : key.scopes.join(' ') || 'none'],
  ];
}
