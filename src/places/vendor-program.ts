import { parse } from 'node:path';
import { compact } from '../domain/compact.js';
import { type ErrorCode, KeysError } from '../domain/errors.js';
import { isRecord } from '../domain/is-record.js';
import { createRedactor } from '../domain/redactor.js';
import type { Wording } from '../domain/words.js';
import type { PlaceContext } from './place.js';
import { runChild } from './run-child.js';

/** The command-line program of a vendor, by which secrets are delivered. */
export interface VendorProgram {
  /** Its name, as the shell finds it. */
  readonly program: string;
  /** Where to get it. */
  readonly install: string;
  /** What its messages mean: the first that matches counts. The hint is the command that helps. */
  readonly failures: ReadonlyArray<readonly [message: RegExp, code: ErrorCode, hint?: Wording]>;
  /** Variables for every call: the whole target, and what keeps it from asking questions. */
  readonly env: Readonly<Record<string, string>>;
}

interface CallOptions {
  /** What the call does, for messages: `cannot ${doing}`. */
  readonly doing: string;
  readonly input?: string;
  /** Blanked in its messages, in every encoding. */
  readonly secrets?: readonly string[];
  /**
   * The program opens `/dev/stdin` by its name: then stdin must be a real pipe, and Node's own is a socket on
   * Linux.
   */
  readonly opensStdin?: boolean;
}

/**
 * Runs the program with these arguments, and returns its stdout. Throws a `KeysError` by the table of
 * failures.
 */
export type CallProgram = (args: readonly string[], options: CallOptions) => Promise<string>;

/** Failures that programs report alike. */
const COMMON: VendorProgram['failures'] = [
  [
    /no such host|could not resolve|getaddrinfo|connection refused|ECONNREFUSED|Could not connect|network is unreachable/i,
    'unreachable',
  ],
  [/i\/o timeout|timed out|deadline exceeded/i, 'timeout'],
];
const MOST_MESSAGE = 300;

/**
 * The program as a place calls it. Its output is discarded, because some programs print the value. Its error
 * is kept.
 */
export function vendorProgram(
  { program, install, failures, env }: VendorProgram,
  context: Pick<PlaceContext, 'env' | 'process'>,
): CallProgram {
  return async (args, { doing, input = '', secrets = [], opensStdin = false }) => {
    const command = opensStdin
      ? { program: 'sh', args: ['-c', 'cat | "$0" "$@"', program, ...args] }
      : { program, args };
    // Settings of the current directory must not redirect the secret.
    const directory = parse(context.process.directory).root;
    const result = await runChild(
      { command, directory, input, env: { NO_COLOR: '1', ...env }, timeoutMs: 60_000 },
      context,
    );
    if (result.isMissing || result.exitCode === 127) {
      throw new KeysError('usage', `${program} is not installed`, { hint: `install it: ${install}` });
    }
    if (result.failure === null) return result.stdout;
    const redactor = createRedactor();
    redactor.add(...secrets);
    const lines = redactor
      .redact(result.stderr || result.failure)
      .split('\n')
      .map(cleaned)
      .filter(Boolean);
    const known = [...failures, ...COMMON].find(([message]) => message.test(result.stderr));
    const telling = known?.[0] ?? /error/i;
    const line = lines.find((one) => telling.test(one)) ?? lines.at(-1) ?? result.failure;
    const [, code, hint] = known ?? [null, 'delivery_failed' as const];
    const said = line.startsWith(`${program}: `) ? line.slice(program.length + 2) : line;
    throw new KeysError(
      code,
      `${program} cannot ${doing}: ${said.slice(0, MOST_MESSAGE)}`,
      compact({ hint }),
    );
  };
}

/** A line without escape sequences and spaces around it. */
function cleaned(line: string): string {
  return line.replace(/\u001b\[[0-9;]*m/g, '').trim();
}

/**
 * What `read` finds in the JSON object that a program has printed. Throws `delivery_failed` where there is no
 * such object or nothing is found: an alias, a notice or another version prints something else. Nothing of it
 * is repeated: it may be a secret, and the parser's own message quotes it.
 */
export function readPrinted<Found>(
  printed: string,
  { program, doing }: { readonly program: string; readonly doing: string },
  read: (value: Readonly<Record<string, unknown>>) => Found | undefined,
): Found {
  const value = objectIn(printed);
  const found = value === null ? undefined : read(value);
  if (found !== undefined) return found;
  throw new KeysError(
    'delivery_failed',
    `${program} cannot ${doing}: it printed something else than JSON with that`,
    { hint: `is ${program} another program here, or a very old version? run it by hand` },
  );
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** A text; undefined for anything else. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** What a call returns; null if the program reports that it does not exist. */
export async function orAbsent<Value>(call: Promise<Value>): Promise<Value | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return null;
    throw error;
  }
}
