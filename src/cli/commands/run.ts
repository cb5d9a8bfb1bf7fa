import { Command, Option } from '@commander-js/extra-typings';
import type { Connection } from '../../connect/connection.js';
import { isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { newIdempotencyKey } from '../../domain/idempotency.js';
import { shellWord } from '../../domain/shell-word.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { SavedSecret } from '../../lifecycle/find-saved-secret.js';
import { variablesOf } from '../../lifecycle/variables-of.js';
import { namedParts } from '../../places/place.js';
import { freeVariableName, VARIABLE_RULE, variablesFor } from '../../places/variable-name.js';
import { variableClaims } from '../claim-variables.js';
import type { Context } from '../context.js';
import { collect, readScopes, scopeOption } from '../key-options.js';
import { canAsk, pickSaved } from '../pick-key.js';
import { readDuration } from '../read-duration.js';

interface RunFlags {
  readonly key?: string[];
  readonly ephemeral?: string | true;
  readonly ttl: string;
  readonly scope?: string[];
}

export function runCommand(context: Context) {
  return new Command('run')
    .description(
      'Runs a program with keys in its environment: saved keys, or a key created for this run only. keys exits with the exit code of the program and forwards signals to it. The credentials of keys itself are not in its environment.',
    )
    .argument('<command...>', 'after --: the program and its arguments')
    .addOption(
      new Option(
        '--key <key[=NAME]>',
        'a saved key and its variable; repeat for more keys; on a terminal, a list to pick from',
      ).argParser<string[]>(collect),
    )
    .option('--ephemeral [name]', 'create a key for this run and revoke it afterwards; NAME is its variable')
    .option(
      '--ttl <duration>',
      'lifetime of the --ephemeral key, in case keys is killed before it revokes the key',
      '15m',
    )
    .addOption(scopeOption())
    .addHelpText(
      'after',
      `
${VARIABLE_RULE}
If the environment has another value in it, the program gets the key's, and a warning offers such a variable.

Examples:
  keys run --key web -- npm start
  keys run --key shop=SHOP_KEY --key web -- ./deploy
  keys run --ephemeral --ttl 15m --scope deploy:write -- ./deploy`,
    )
    .action((command, flags) => run(command, flags, context));
}

async function run(command: readonly string[], flags: RunFlags, context: Context): Promise<void> {
  const { loadProvider } = await import('../../providers/registry.js');
  const { splitReference } = await import('../split-reference.js');
  const { findSavedSecret } = await import('../../lifecycle/find-saved-secret.js');
  const { noteUse } = await import('../../lifecycle/note-use.js');
  const claim = variableClaims();
  const saved: Array<{ readonly secret: SavedSecret; readonly names: readonly string[] }> = [];
  const offers = new Map<string, string>();
  const freeFor = (keyName: string) => freeVariableName(keyName, new Set(Object.keys(context.env)));
  for (const text of await keysFor(flags, context)) {
    const { name, reference } = await splitReference(text, 'key first', context);
    const secret = await findSavedSecret(reference, context);
    const { managed } = secret;
    const names = variablesOf(managed, await loadProvider(managed.account.provider, context), name);
    claim(names, managed.name, (free) => `--key ${shellWord(`${reference}=${free}`)}`);
    saved.push({ secret, names });
    if (name !== undefined) continue;
    const offer = `--key ${shellWord(`${reference}=${freeFor(managed.name)}`)}`;
    for (const own of names) offers.set(own, offer);
  }
  const ephemeral = flags.ephemeral === undefined ? null : await openEphemeral(flags.ephemeral, context);
  if (ephemeral !== null) {
    claim(ephemeral.names, 'run', (free) => `--ephemeral ${free}`);
    const offer = `--ephemeral ${freeFor('run')}`;
    if (flags.ephemeral === true) for (const own of ephemeral.names) offers.set(own, offer);
  }
  // No two keys share a variable. Only now is anything created.
  const variables: Record<string, string> = {};
  for (const { secret, names } of saved) {
    Object.assign(variables, Object.fromEntries(namedParts(secret.credential, names)));
  }
  const started = async () => {
    try {
      for (const { secret } of saved) await noteUse(secret, context);
    } catch (error) {
      // The program runs already.
      context.output.warn(`the use was not noted: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const runAs = async (all: Readonly<Record<string, string>>) => {
    warnOfOtherValues(all, offers, context);
    const { runProgramAs } = await import('../run-program.js');
    context.process.exitWith(await runProgramAs(command, all, context.env, context.process, started));
  };
  if (ephemeral === null) return await runAs(variables);
  await runEphemeral(command, flags, (own) => runAs({ ...variables, ...own }), ephemeral, context);
}

/**
 * The saved keys that the flags name, or the one that a person picks. Throws `usage` for none without a
 * terminal.
 */
async function keysFor({ key, ephemeral }: RunFlags, context: Context): Promise<readonly string[]> {
  if (key !== undefined) return key;
  if (ephemeral !== undefined) return [];
  if (canAsk(context)) return [await pickSaved('run with it', context)];
  throw new KeysError('usage', 'no key is named', { hint: '--key <key>, or --ephemeral' });
}

interface Ephemeral {
  readonly connection: Connection;
  /** The variables of its secret. */
  readonly names: readonly string[];
}

/**
 * Opens the service of the key for this run, and creates nothing yet. Throws `unsupported` for a dashboard.
 */
async function openEphemeral(name: string | true, context: Context): Promise<Ephemeral> {
  const { openConnection } = await import('../../connect/open-connection.js');
  const connection: Connection = await openConnection(context);
  if (connection.kind === 'guided') {
    throw new KeysError('unsupported', `${connection.provider.title} creates its keys in a dashboard`, {
      hint: 'save one and name it with --key',
    });
  }
  const names = variablesFor(connection.provider, typeof name === 'string' ? name : undefined);
  return { connection, names };
}

/** Revokes the key when the program exits. If keys is killed, the key expires after --ttl. */
async function runEphemeral(
  command: readonly string[],
  flags: RunFlags,
  runAs: (own: Readonly<Record<string, string>>) => Promise<void>,
  { connection, names }: Ephemeral,
  context: Context,
): Promise<void> {
  const ends = context.clock.now() + readDuration('--ttl', flags.ttl);
  const created = await connection.service.create(
    compact({
      name: `run ${command[0] ?? ''}`.slice(0, 100),
      expires_at: isoTime(ends),
      scopes: readScopes(flags.scope),
    }),
    { idempotencyKey: newIdempotencyKey() },
  );
  try {
    const own = Object.fromEntries(namedParts(created.credential, names));
    await runAs(own);
  } finally {
    await connection.service.revoke(created.key.id).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      context.output.warn(
        `${created.key.id} was not revoked (${reason}): it ends by itself at ${shownTime(ends)}`,
      );
    });
  }
}

/**
 * Warns of variables that have another value in the environment. Each warning has the option that gives the
 * key another variable, made from the key's name, where the command line names none.
 */
function warnOfOtherValues(
  variables: Readonly<Record<string, string>>,
  offers: ReadonlyMap<string, string>,
  { env, output }: Pick<Context, 'env' | 'output'>,
): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = env[name];
    if (before === undefined || before === '' || before === value) continue;
    const offer = offers.get(name);
    const both = offer === undefined ? '' : `; ${offer} leaves ${name} as it was`;
    output.warn(`${name} had another value in the environment: the program gets the key's instead${both}`);
  }
}
