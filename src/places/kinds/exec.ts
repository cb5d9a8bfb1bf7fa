import { KeysError } from '../../domain/errors.js';
import { credentialParts } from '../../domain/key.js';
import { createRedactor } from '../../domain/redactor.js';
import type { OpenPlace, Place, PlaceContext, PlaceKey, PlaceKind } from '../place.js';
import { runChild } from '../run-child.js';

/**
 * A command that reads the secret from its stdin, as it is: no line break is added, since some programs take
 * every byte. Of a pair, two lines. The environment tells which key it is; the secret is neither there nor in
 * the arguments.
 */
export const exec: PlaceKind = {
  id: 'exec',
  title: 'a command that reads the secret from stdin',
  syntax: 'exec:COMMAND',
  examples: ["'exec:fly secrets import'"],
  remembered: true,
  local: true,
  holds: 'credential',
  parse(rest, { directory }) {
    if (rest.trim() === '')
      throw new KeysError('usage', 'the command is empty', { hint: "such as 'exec:cat > key'" });
    return { target: { command: rest, directory }, names: [] };
  },
  address: ({ target }) => target['command'] ?? '',
  open: ({ target }: Place, context: PlaceContext): OpenPlace => {
    const { command = '', directory = context.process.directory } = target;
    return {
      async probe() {
        const [word = ''] = command.trim().split(/\s+/);
        // Only a plain word can be looked up; what a shell makes of anything else only the shell knows.
        if (!/^[\w./+-]+$/.test(word)) return [];
        const looked = { command: { line: `command -v ${word}` }, directory, input: '', timeoutMs: 60_000 };
        if ((await runChild(looked, context)).failure === null) return [];
        throw new KeysError('usage', `no such command: ${word}`, { hint: 'nothing was created' });
      },
      async deliver(credential, key) {
        const parts = credentialParts(credential);
        await runPlaceCommand({ command, directory, input: parts.join('\n'), secrets: parts, key }, context);
      },
    };
  },
};

export interface Command {
  /** A line for the shell. */
  readonly command: string;
  readonly directory: string;
  readonly input: string;
  /** Blanked in what it prints, in every encoding. */
  readonly secrets?: readonly string[];
  readonly key: PlaceKey;
  /** Default 60,000. */
  readonly timeoutMs?: number;
}

/**
 * Runs a command to its end; what it prints goes to stderr, secrets blanked. Throws `delivery_failed` with
 * its exit code or signal.
 */
export async function runPlaceCommand(
  { command, directory, input, secrets = [], key, timeoutMs = 60_000 }: Command,
  context: Pick<PlaceContext, 'env' | 'output' | 'process'>,
): Promise<void> {
  const env = {
    KEYS_NAME: key.name,
    KEYS_ID: key.id ?? '',
    KEYS_PROVIDER: key.provider,
    KEYS_VARIABLE: key.variables.join(','),
  };
  const child = { command: { line: command }, directory, input, env, timeoutMs };
  const { all, failure } = await runChild(child, context);
  const redactor = createRedactor();
  redactor.add(...secrets);
  const printed = redactor.redact(all);
  if (printed.trim() !== '') context.output.say(printed.trimEnd());
  if (failure !== null) throw new KeysError('delivery_failed', `command ${shortened(command)} ${failure}`);
}

function shortened(command: string): string {
  return command.length > 60 ? `${command.slice(0, 60)}…` : command;
}
