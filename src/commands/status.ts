import { Command } from '@commander-js/extra-typings';
import type { Connection, Deps } from '../deps.js';
import type { Key } from '../domain/key.js';

export function statusCommand(deps: Deps) {
  return new Command('status')
    .description(
      'Says where calls go, as whom, with which scopes, which source of a setting won, and whether the keychain can be used.',
    )
    .addHelpText(
      'after',
      `
Output:
  --json prints {"profile","base_url","service","credential","keychain":{"name","usable","problem"},"key","settings_file"}

Examples:
  keys status
  keys status --profile team --json`,
    )
    .action(() => status(deps));
}

async function status(deps: Pick<Deps, 'connect' | 'credentials' | 'output' | 'settings'>): Promise<void> {
  const connection = await deps.connect();
  const key = await connection.service.whoami();
  // Where a credential came without it, the keychain is asked about, not relied upon: a broken one is told, not failed on.
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
  await deps
    .output()
    .record(json, [
      ['profile', connection.profile ?? 'none'],
      ['service', connection.baseUrl ?? 'embedded, in this process'],
      ['credential', connection.credentialSource ?? 'none needed: who may open the file may manage its keys'],
      ...holder(connection, key),
      ['keychain', keychain.usable ? keychain.name : `none: ${keychain.problem ?? 'not usable'}`],
      ['settings', deps.settings().path],
    ]);
}

function holder(connection: Connection, key: Key | null): Array<readonly [string, string]> {
  if (key === null) return connection.kind === 'embedded' ? [['you are', 'the owner of its database']] : [];
  return [
    ['you are', `${key.name} (${key.id})`],
    ['scopes', key.scopes === undefined ? 'not told' : key.scopes.join(' ') || 'none'],
  ];
}
