import { Option } from '@commander-js/extra-typings';
import type { Connection } from '../connect/connection.js';
import { KeysError } from '../domain/errors.js';
import { credentialParts, type IssuedKey, type Key, withCredential } from '../domain/key.js';
import { variableNameOf } from '../domain/provider.js';
import type { Destination, DestinationPlan } from '../places/destination.js';
import { envLines } from '../places/env-lines.js';
import { SHELLS, type Shell, shellOf } from '../places/shells.js';
import { checkVariableName, variableNameFor } from '../places/variable-name.js';
import { keyFields } from '../terminal/key-columns.js';
import type { LifecycleContext } from './lifecycle-context.js';

/** Where a new secret goes, as the flags say it. */
export interface DestinationFlags {
  readonly env?: string | true;
  readonly shell?: Shell;
  readonly raw?: true;
  readonly save?: true;
  readonly envFile?: string[];
  readonly envName?: string;
  readonly exec?: string[];
  readonly githubEnv?: string | true;
  readonly githubOutput?: string | true;
  readonly insecureStorage?: true;
  readonly escrow?: boolean;
  readonly replace?: true;
}

const repeated = <Flags extends string>(flags: Flags, about: string) =>
  new Option(flags, about).argParser<string[]>((value, before: string[] = []) => [...before, value]);

export const shellOption = () =>
  new Option('--shell <shell>', 'write --env lines for this shell (default: the one in SHELL)').choices(
    SHELLS,
  );
export const insecureStorageOption = () =>
  new Option('--insecure-storage', 'save secrets in a 0600 file instead of the keychain');
export const envOption = () => new Option('--env [name]', 'print assignment lines alone, for eval or a file');
export const rawOption = () => new Option('--raw', 'print the secret alone');
export const saveOption = () => new Option('--save', 'keep it in the OS keychain, for keys env and keys run');
export const envFileOption = () =>
  repeated('--env-file <path>', 'set it in this file of assignments; again for more');
export const envNameOption = () =>
  new Option(
    '--env-name <name>',
    "the variable's name in files (default: the provider's, else made from the key's)",
  );
export const execOption = () =>
  repeated('--exec <command>', 'give it to this command on stdin; again for more');
export const githubEnvOption = () =>
  new Option('--github-env [name]', 'set it for the later steps of a GitHub job');
export const githubOutputOption = () =>
  new Option('--github-output [name]', 'make it an output of a GitHub step');
export const noEscrowOption = () =>
  new Option(
    '--no-escrow',
    'create the key even if its secret cannot be saved for recovery first (a vendor without idempotency, no keychain)',
  );
export const replaceOption = () => new Option('--replace', 'overwrite a variable that holds another secret');

/** Before anything is made: throws `usage` for flags that contradict each other and for a name that no variable has. */
export function checkDestinationFlags(flags: DestinationFlags, json: boolean): void {
  const forms = [json && '--json', flags.env !== undefined && '--env', flags.raw && '--raw'].filter(Boolean);
  if (forms.length > 1) {
    throw new KeysError('usage', `${forms.join(' and ')} exclude each other`, {
      hint: 'each says what stdout is; choose one',
    });
  }
  if (flags.shell !== undefined && flags.env === undefined) {
    throw new KeysError('usage', '--shell says how --env lines are written', { hint: 'add --env' });
  }
  if (flags.envName !== undefined && flags.envFile === undefined) {
    throw new KeysError('usage', '--env-name says the name in a file', {
      hint: 'add --env-file, or say --env NAME',
    });
  }
  for (const name of [flags.env, flags.envName, flags.githubEnv, flags.githubOutput]) {
    if (typeof name === 'string') checkVariableName(name);
  }
}

/** The destinations of one key. `stdout` is one where nothing else is named, or where its form is. */
export function planDestinations(
  flags: DestinationFlags,
  key: { readonly name: string; readonly item: string; readonly variable: string | null },
  connection: Pick<Connection, 'kind' | 'provider' | 'providerNamed'>,
  context: LifecycleContext,
): DestinationPlan[] {
  const own = key.variable ?? defaultVariable(key.name, connection);
  const named = (name: string | true | undefined) => (typeof name === 'string' ? name : own);
  const elsewhere: DestinationPlan[] = [
    ...(flags.save
      ? [
          {
            kind: 'save' as const,
            item: key.item,
            insecureStorage: flags.insecureStorage === true || context.settings().get('storage') === 'file',
          },
        ]
      : []),
    ...(flags.envFile ?? []).map((path) => ({
      kind: 'env-file' as const,
      path: absolute(path, context.process.directory),
      name: flags.envName ?? own,
    })),
    ...(flags.exec ?? []).map((command) => ({
      kind: 'exec' as const,
      command,
      directory: context.process.directory,
    })),
    ...(flags.githubEnv
      ? [{ kind: 'github' as const, file: 'GITHUB_ENV' as const, name: named(flags.githubEnv) }]
      : []),
    ...(flags.githubOutput
      ? [{ kind: 'github' as const, file: 'GITHUB_OUTPUT' as const, name: named(flags.githubOutput) }]
      : []),
  ];
  if (flags.raw) return [{ kind: 'stdout', form: 'raw' }, ...elsewhere];
  if (flags.env !== undefined) {
    // The settings file holds only what `config set` has checked against these shells.
    const kept = context.settings().get('shell') as Shell | undefined;
    const shell = flags.shell ?? kept ?? shellOf(context.env, context.process.platform);
    return [{ kind: 'stdout', form: 'env', shell, name: named(flags.env) }, ...elsewhere];
  }
  // Of a guided key the secret is saved, and its maker has seen it.
  const shown = elsewhere.length === 0 && connection.kind !== 'guided';
  return shown ? [{ kind: 'stdout', form: 'record' }] : elsewhere;
}

/** The provider's variable; for keys of our own service one that is made from the key's name. */
export function defaultVariable(
  name: string,
  { provider, providerNamed }: Pick<Connection, 'provider' | 'providerNamed'>,
): string {
  return providerNamed ? variableNameOf(provider) : variableNameFor(name);
}

function absolute(path: string, directory: string): string {
  return /^([/\\]|[A-Za-z]:[\\/])/.test(path) ? path : `${directory}/${path}`;
}

/** How a destination is called in messages. */
export function labelOf(plan: DestinationPlan): string {
  switch (plan.kind) {
    case 'stdout':
      return 'stdout';
    case 'save':
      return plan.insecureStorage ? 'saved keys (0600 file)' : 'saved keys (keychain)';
    case 'env-file':
      return `env file ${plan.path} (${plan.name})`;
    case 'exec':
      return `command ${plan.command.length > 60 ? `${plan.command.slice(0, 60)}…` : plan.command}`;
    case 'github':
      return `${plan.file} (${plan.name})`;
  }
}

/** A destination as it is opened and delivered to. `issued` is there once a key is: a record on stdout shows it. */
export async function openDestination(
  plan: DestinationPlan,
  shown: { readonly issued: IssuedKey; readonly previous: Key | null } | null,
  context: LifecycleContext,
): Promise<Destination> {
  const { openSavedSecrets } = await import('../storage/ledger/saved-secrets.js');
  switch (plan.kind) {
    case 'stdout':
      return stdoutDestination(plan, shown, context);
    case 'save': {
      const secrets = await openSavedSecrets(context, { insecureStorage: plan.insecureStorage });
      return {
        label: labelOf(plan),
        reserve: async () => {
          await secrets.reserve();
          return [];
        },
        deliver: async (credential) => void (await secrets.save(plan.item, credential)),
      };
    }
    case 'env-file': {
      const { envFileDestination } = await import('../places/env-file.js');
      return envFileDestination({ ...plan, env: context.env });
    }
    case 'exec': {
      const { execDestination } = await import('../places/exec.js');
      const output = context.output;
      return execDestination({
        ...plan,
        env: context.env,
        onSignal: context.process.onSignal,
        onOutput: (text) => output.say(text.trimEnd()),
      });
    }
    case 'github': {
      const { githubDestination } = await import('../places/github.js');
      return githubDestination({
        ...plan,
        env: context.env,
        print: async (text) => context.output.say(text.trimEnd()),
      });
    }
  }
}

function stdoutDestination(
  plan: Extract<DestinationPlan, { kind: 'stdout' }>,
  shown: { readonly issued: IssuedKey; readonly previous: Key | null } | null,
  context: LifecycleContext,
): Destination {
  return {
    label: 'stdout',
    async reserve() {
      if (!context.process.stdoutGoesNowhere()) return [];
      throw new KeysError('refused', 'stdout goes nowhere: the secret would be lost', {
        hint: 'leave stdout open, or say where the secret goes: --save, --env-file, --exec',
      });
    },
    async deliver(credential) {
      const output = context.output;
      if (shown === null) throw new TypeError('a record is shown of a key that there is');
      const { issued, previous } = shown;
      if (plan.form === 'raw') return await output.print(`${credentialParts(credential).join('\n')}\n`);
      if (plan.form === 'env')
        return await output.print(envLines(plan.shell, credential, issued.key.name, plan.name));
      const json = {
        ...withCredential({ ...issued, credential }),
        ...(previous === null ? {} : { previous }),
      };
      const fields = [
        ...keyFields(issued.key, context.clock.now(), output.human),
        ...Object.entries(credential),
      ] as Array<readonly [string, string]>;
      await output.record(json, fields);
      if (!output.human) return;
      output.say('');
      output.say('this secret is shown once: keep it now, it cannot be shown again');
    },
  };
}
