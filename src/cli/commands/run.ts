import { Command, Option } from '@commander-js/extra-typings';
import { KeysError } from '../../domain/errors.js';
import { VARIABLE_RULE } from '../../places/variable-name.js';
import type { Context } from '../context.js';
import { collect } from '../options/collect.js';
import { readScopes, scopeOption } from '../options/key-options.js';
import { readDuration } from '../options/read-duration.js';
import { canAsk, pickSaved } from '../questions/pick-key.js';

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
A saved key that was revoked elsewhere is refused once list, show, roll or verify has seen it.

Examples:
  keys run --key web -- npm start
  keys run --key shop=SHOP_KEY --key web -- ./deploy
  keys run --ephemeral --ttl 15m --scope deploy:write -- ./deploy`,
    )
    .action((command, flags) => run(command, flags, context));
}

async function run(command: readonly string[], flags: RunFlags, context: Context): Promise<void> {
  const [{ savedVariables, warnOfOtherValues }, { noteUse }, { openEphemeral, withEphemeralKey }] =
    await Promise.all([
      import('../child/run-variables.js'),
      import('../../lifecycle/note-use.js'),
      import('../../lifecycle/create/ephemeral-key.js'),
    ]);
  const { saved, variables, offers, claim, freeFor } = await savedVariables(
    await keysFor(flags, context),
    context,
  );
  const ephemeral = flags.ephemeral === undefined ? null : await openEphemeral(flags.ephemeral, context);
  if (ephemeral !== null) {
    claim(ephemeral.names, 'run', (free) => `--ephemeral ${free}`);
    const offer = `--ephemeral ${freeFor('run')}`;
    if (flags.ephemeral === true) for (const own of ephemeral.names) offers.set(own, offer);
  }
  const started = async () => {
    try {
      for (const secret of saved) await noteUse(secret, context);
    } catch (error) {
      // The program runs already.
      context.output.warn(`the use was not noted: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const runAs = async (all: Readonly<Record<string, string>>) => {
    warnOfOtherValues(all, offers, context);
    const { runProgramAs } = await import('../child/run-program.js');
    context.process.exitWith(await runProgramAs(command, all, context.env, context.process, started));
  };
  if (ephemeral === null) return await runAs(variables);
  // No two keys share a variable. Only now is anything created.
  const key = {
    name: `run ${command[0] ?? ''}`.slice(0, 100),
    endsAt: context.clock.now() + readDuration('--ttl', flags.ttl),
    scopes: readScopes(flags.scope),
  };
  await withEphemeralKey(key, ephemeral, context, (own) => runAs({ ...variables, ...own }));
}

/**
 * The saved keys that the flags name, or the one that a person picks. Throws `usage` for none without a
 * terminal.
 */
async function keysFor({ key, ephemeral }: RunFlags, context: Context): Promise<readonly string[]> {
  if (key !== undefined) return key;
  if (ephemeral !== undefined) return [];
  if (canAsk(context)) return [await pickSaved('run with it', context, (id) => ['--key', id])];
  throw new KeysError('usage', 'no key is named', { hint: '--key <key>, or --ephemeral' });
}
