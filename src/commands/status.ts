import { Command } from '@commander-js/extra-typings';
import type { Connection, Deps } from '../deps.js';
import { type ErrorCode, KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import { resolveTarget } from '../profiles/resolve-target.js';

export function statusCommand(deps: Deps) {
  return new Command('status')
    .description(
      'Says where calls go, as whom, with which scopes, which source of a setting won, and whether the keychain can be used.',
    )
    .addHelpText(
      'after',
      `
Output:
  what stands in the way of a connection (no credential, a keychain that cannot be used) is told after the rest, with its exit code;
  --json prints {"profile","base_url","service","credential","keychain":{"name","usable","problem"},"key","settings_file"}

Examples:
  keys status
  keys status --profile team --json`,
    )
    .action(() => status(deps));
}

type StatusDeps = Pick<Deps, 'connect' | 'credentials' | 'env' | 'flags' | 'output' | 'settings'>;

/** What is known of the connection where it cannot be made: where it would go, and why it does not. */
type Unconnected = Pick<Connection, 'profile' | 'baseUrl' | 'kind' | 'credentialSource'> & {
  readonly failure: KeysError;
};

/** Failures that say how things stand, and do not hide the rest. */
const TOLD = new Set<ErrorCode>([
  'keychain_unavailable',
  'keychain_timeout',
  'not_logged_in',
  'origin_mismatch',
]);

async function connectOrTell(deps: StatusDeps): Promise<Connection | Unconnected> {
  try {
    return await deps.connect();
  } catch (error) {
    if (!(error instanceof KeysError) || !TOLD.has(error.code)) throw error;
    const { profile, baseUrl } = resolveTarget({
      flags: deps.flags(),
      env: deps.env,
      settings: deps.settings(),
    });
    return { profile, baseUrl, kind: 'remote', credentialSource: null, failure: error };
  }
}

async function status(deps: StatusDeps): Promise<void> {
  const connection = await connectOrTell(deps);
  const failure = 'failure' in connection ? connection.failure : null;
  const key = 'service' in connection ? await connection.service.whoami() : null;
  // The keychain is asked about, not relied upon: a broken one is told beside the rest.
  const keychain = await (await deps.credentials()).backend();
  const json = {
    profile: connection.profile,
    base_url: connection.baseUrl,
    service: connection.kind,
    credential: connection.credentialSource,
    keychain,
    key,
    settings_file: deps.settings().path,
  };
  const none = failure ? 'none' : 'none needed: who may open the file may manage its keys';
  await deps
    .output()
    .record(json, [
      ['profile', connection.profile ?? 'none'],
      ['service', connection.baseUrl ?? 'embedded, in this process'],
      ['credential', connection.credentialSource ?? none],
      ...holder(connection.kind, key),
      ['keychain', keychain.usable ? keychain.name : `none: ${keychain.problem ?? 'not usable'}`],
      ['settings', deps.settings().path],
    ]);
  if (failure !== null) throw failure;
}

function holder(kind: Connection['kind'], key: Key | null): Array<readonly [string, string]> {
  if (key === null) return kind === 'embedded' ? [['you are', 'the owner of its database']] : [];
  return [
    ['you are', `${key.name} (${key.id})`],
    ['scopes', key.scopes === undefined ? 'not told' : key.scopes.join(' ') || 'none'],
  ];
}
