import { kill, platform } from 'node:process';
import { execa } from 'execa';
import { KeysError } from '../../domain/errors.js';
import { credentialParts } from '../../domain/key.js';
import type { OpenPlace, Place, PlaceContext, PlaceKey, PlaceKind } from '../place.js';

/**
 * A command that reads the secret from its stdin, as it is: no line break is added, since some programs take every byte. Of a
 * pair, two lines. The environment tells which key it is; the secret is neither there nor in the arguments.
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
      throw new KeysError('usage', 'the command is empty', { hint: "such as --to 'exec:cat > key'" });
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
        const found = await execa(`command -v ${word}`, settingsOf(directory, context.env));
        if (found.exitCode === 0) return [];
        throw new KeysError('usage', `no such command: ${word}`, { hint: 'nothing was created' });
      },
      async deliver(credential, key) {
        const parts = credentialParts(credential);
        await runCommand({ command, directory, input: parts.join('\n'), secrets: parts, key }, context);
      },
    };
  },
};

export interface Command {
  /** A line for the shell. */
  readonly command: string;
  readonly directory: string;
  readonly input: string;
  /** Blanked in what it prints. */
  readonly secrets?: readonly string[];
  readonly key: PlaceKey;
  /** Default 60,000. */
  readonly timeoutMs?: number;
}

/** Credentials of this tool. No other program inherits them. */
const OWN_SECRETS = [
  ...['KEYS_API_KEY', 'KEYS_MANAGEMENT_KEY', 'KEYS_ENCRYPTION_KEY', 'KEYS_DATABASE_URL'],
  ...['KEYS_LEDGER_KEY', 'KEYS_LEDGER_URL'],
];
/** The credential of one account of a `keys.yaml`. */
const OF_ACCOUNT = /^KEYS_API_KEY_/;
/** If an address names the database of this tool, these are for it; otherwise they are the user's own. */
const OF_DATABASE = ['PGPASSWORD', 'PGPASSFILE'];

/** The environment for another program: without the credentials of this tool. */
export function childEnvironment(env: PlaceContext['env']): Record<string, string> {
  const hasDatabase = ['KEYS_DATABASE_URL', 'KEYS_LEDGER_URL'].some((name) => env[name]);
  const left = new Set(hasDatabase ? [...OWN_SECRETS, ...OF_DATABASE] : OWN_SECRETS);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || left.has(name) || OF_ACCOUNT.test(name) ? [] : [[name, value]],
    ),
  );
}

/** Time for the last output of a command that has ended, in milliseconds. */
const LAST_OUTPUT_MS = 200;

function settingsOf(directory: string, env: PlaceContext['env']) {
  return {
    shell: true,
    cwd: directory,
    env: childEnvironment(env),
    extendEnv: false,
    reject: false,
    all: true,
    // A group of its own: what the shell has started ends with it.
    detached: platform !== 'win32',
  } as const;
}

/** Runs a command to its end; what it prints goes to stderr, secrets blanked. Throws `delivery_failed` with its exit code or signal. */
export async function runCommand(
  { command, directory, input, secrets = [], key, timeoutMs = 60_000 }: Command,
  { env, output, process }: Pick<PlaceContext, 'env' | 'output' | 'process'>,
): Promise<void> {
  const about = {
    KEYS_NAME: key.name,
    KEYS_ID: key.id ?? '',
    KEYS_PROVIDER: key.provider,
    KEYS_VARIABLE: key.variables.join(','),
  };
  const child = execa(command, { ...settingsOf(directory, { ...env, ...about }), input });
  let ended: string | undefined;
  const end = (why: string) => {
    ended ??= why;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end(`did not end within ${timeoutMs / 1000} seconds`), timeoutMs);
  // Told to end, this program ends the command first, and then reports what is pending.
  const stop = process.onSignal((signal) => end(`was ended with this program by ${signal}`));
  // What the command leaves running in the background may keep its output open: that is not waited for.
  child.once('exit', () => setTimeout(() => child.all?.destroy(), LAST_OUTPUT_MS).unref());
  const result = await child;
  stop();
  clearTimeout(timer);
  const printed = secrets.reduce(
    (text, part) => text.replaceAll(part, '[redacted]'),
    String(result.all ?? ''),
  );
  if (printed.trim() !== '') output.say(printed.trimEnd());
  if (result.exitCode === 0 && ended === undefined) return;
  throw new KeysError('delivery_failed', `command ${shortened(command)} ${ended ?? howItEnded(result)}`);
}

function howItEnded({
  signal,
  exitCode,
}: {
  signal?: string | undefined;
  exitCode?: number | undefined;
}): string {
  if (signal !== undefined) return `was ended by ${signal}`;
  return exitCode === undefined ? 'could not be run' : `ended with ${exitCode}`;
}

function shortened(command: string): string {
  return command.length > 60 ? `${command.slice(0, 60)}…` : command;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    kill(platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}
