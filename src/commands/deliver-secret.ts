import { Option } from '@commander-js/extra-typings';
import { envLines } from '../delivery/env-lines.js';
import { SHELLS, type Shell, shellOf } from '../delivery/shells.js';
import { checkVariableName } from '../delivery/variable-name.js';
import type { Connection, Deps } from '../deps.js';
import { KeysError } from '../domain/errors.js';
import { credentialParts, type IssuedKey } from '../domain/key.js';
import { variableNameOf } from '../domain/provider.js';
import { keyFields } from './key-columns.js';

export interface SecretFlags {
  readonly env?: string | true;
  readonly shell?: Shell;
  readonly raw?: true;
}

export const envOption = () => new Option('--env [name]', 'print assignment lines alone, for eval or a file');
export const shellOption = () =>
  new Option('--shell <shell>', 'write --env lines for this shell (default: the one in SHELL)').choices(
    SHELLS,
  );
export const insecureStorageOption = () =>
  new Option('--insecure-storage', 'save secrets in a 0600 file instead of the keychain');
export const rawOption = () => new Option('--raw', 'print the secret alone');

/** Before anything is made: throws `usage` for flags that contradict each other and for a name that no variable has. */
export function checkSecretFlags(flags: SecretFlags, json: boolean): void {
  const forms = [json && '--json', flags.env !== undefined && '--env', flags.raw && '--raw'].filter(Boolean);
  if (forms.length > 1) {
    throw new KeysError('usage', `${forms.join(' and ')} exclude each other`, {
      hint: 'each says what stdout is; choose one',
    });
  }
  if (flags.shell !== undefined && flags.env === undefined) {
    throw new KeysError('usage', '--shell says how --env lines are written', { hint: 'add --env' });
  }
  if (typeof flags.env === 'string') checkVariableName(flags.env);
}

/** Prints an issued secret in the form that was asked for, once. `json` is what `--json` prints. */
export async function deliverSecret(
  issued: IssuedKey,
  json: object,
  flags: SecretFlags,
  connection: Pick<Connection, 'kind' | 'provider' | 'providerNamed'>,
  deps: Pick<Deps, 'output' | 'env' | 'platform' | 'clock' | 'settings'>,
): Promise<void> {
  const output = deps.output();
  if (flags.raw) return await output.print(`${credentialParts(issued.credential).join('\n')}\n`);
  if (flags.env !== undefined) {
    // The settings file holds only what `config set` has checked against these shells.
    const kept = deps.settings().get('shell') as Shell | undefined;
    const shell = flags.shell ?? kept ?? shellOf(deps.env, deps.platform);
    const own = connection.providerNamed ? variableNameOf(connection.provider) : undefined;
    const name = typeof flags.env === 'string' ? flags.env : own;
    return await output.print(envLines(shell, issued.credential, issued.key.name, name));
  }
  const record = keyFields(issued.key, deps.clock.now(), output.human);
  if (connection.kind === 'guided') {
    // Who pasted it has seen it, and it is saved: shown once more, it would be in one more place.
    await output.record(withoutCredential(json), record);
    return output.say(`\nits secret is saved: keys env ${issued.key.id} prints it for a shell`);
  }
  const fields = [...record, ...Object.entries(issued.credential)] as Array<readonly [string, string]>;
  await output.record(json, fields);
  if (output.human) output.say('\nthis secret is shown once: keep it now, it cannot be shown again');
}

function withoutCredential(json: object): object {
  const { secret: _, api_key: __, secret_key: ___, ...record } = json as Record<string, unknown>;
  return record;
}
