import { kill, platform } from 'node:process';
import { execa } from 'execa';
import { KeysError } from '../domain/errors.js';
import { type Credential, credentialParts } from '../domain/key.js';
import type { Destination } from './destination.js';

export interface ExecOptions {
  /** A line for the shell. */
  readonly command: string;
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes what the command prints: stdout is for data of ours. */
  readonly onOutput: (text: string) => void;
  /** Calls the listener at signals that would end this process; until the returned function is called. */
  readonly onSignal: (listener: (signal: NodeJS.Signals) => void) => () => void;
  /** Default 60,000. */
  readonly timeoutMs?: number;
}

/** What no child of ours inherits. */
const OWN_SECRETS = ['KEYS_API_KEY', 'KEYS_MANAGEMENT_KEY', 'KEYS_ENCRYPTION_KEY', 'KEYS_DATABASE_URL'];
/** Where `KEYS_DATABASE_URL` names the database of this tool, these are for it; otherwise they are the user's own. */
const OF_DATABASE = ['PGPASSWORD', 'PGPASSFILE'];

/** The environment for a child: without the credentials of this tool. */
export function childEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const left = new Set(env['KEYS_DATABASE_URL'] ? [...OWN_SECRETS, ...OF_DATABASE] : OWN_SECRETS);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || left.has(name) ? [] : [[name, value]],
    ),
  );
}

/** Time for the last output of a command that has ended, in milliseconds. */
const LAST_OUTPUT_MS = 200;

/**
 * A command that takes the secret on its stdin, as it is: no line break is added, for what reads it takes every byte (of a
 * pair: two lines). Nothing is in its arguments or environment. Throws `delivery_failed` with its exit code or signal.
 */
export function execDestination(options: ExecOptions): Destination {
  const { command, directory, env, onOutput, onSignal, timeoutMs = 60_000 } = options;
  const label = `command ${command.length > 60 ? `${command.slice(0, 60)}…` : command}`;
  const settings = {
    shell: true,
    cwd: directory,
    env: childEnvironment(env),
    extendEnv: false,
    reject: false,
    all: true,
    // A group of its own: what the shell has started ends with it.
    detached: platform !== 'win32',
  } as const;

  return {
    label,

    async reserve() {
      const [word = ''] = command.trim().split(/\s+/);
      if (word === '') throw new KeysError('usage', 'the command is empty');
      // Only a plain word can be looked up; what a shell makes of anything else is for it to say.
      if (!/^[\w./+-]+$/.test(word)) return [];
      const found = await execa(`command -v ${word}`, settings);
      if (found.exitCode === 0) return [];
      throw new KeysError('usage', `no such command: ${word}`, { hint: 'nothing was made' });
    },

    async deliver(credential: Credential) {
      const child = execa(command, { ...settings, input: credentialParts(credential).join('\n') });
      let ended: string | undefined;
      const end = (why: string) => {
        ended ??= why;
        killGroup(child.pid);
      };
      const timer = setTimeout(() => end(`did not end within ${timeoutMs / 1000} seconds`), timeoutMs);
      // Told to end, we end the command first, and then say what is owed.
      const stop = onSignal((signal) => end(`was ended with this program by ${signal}`));
      // What the command leaves running in the background may keep its output open: that is not waited for.
      child.once('exit', () => setTimeout(() => child.all?.destroy(), LAST_OUTPUT_MS).unref());
      const result = await child;
      stop();
      clearTimeout(timer);
      const said = String(result.all ?? '');
      if (said !== '') onOutput(withoutSecrets(said, credential));
      if (result.exitCode === 0 && ended === undefined) return;
      const how =
        ended !== undefined
          ? ended
          : result.signal !== undefined
            ? `was ended by ${result.signal}`
            : result.exitCode === undefined
              ? 'could not be run'
              : `ended with ${result.exitCode}`;
      throw new KeysError('delivery_failed', `${label} ${how}`);
    },
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    kill(platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended in this very moment.
  }
}

/** A command that prints what it was given does not print it through us. */
function withoutSecrets(text: string, credential: Credential): string {
  return credentialParts(credential).reduce((safe, part) => safe.replaceAll(part, '[redacted]'), text);
}
