import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { KeysError } from '../domain/errors.js';
import { createRedactor, type Redactor } from '../domain/redactor.js';
import { type Activity, createActivity } from '../terminal/activity.js';
import { createOutput } from '../terminal/create-output.js';
import { linkingSink, wantsHyperlinks } from '../terminal/hyperlinks.js';
import { textSink } from '../terminal/node-streams.js';
import type { Answers } from '../terminal/recording-prompts.js';
import { isClosedPipe, redactingSink, type TextSink } from '../terminal/text-sink.js';
import type { Context, GlobalFlags } from './context.js';
import { createContext, type Ending, type Host } from './create-context.js';
import { exitCodeOf } from './exit-codes.js';
import { buildProgram, createRoot, overview, readRootOptions } from './program.js';
import { asKeysError, explainHelp, explainMistake, failureText, isHelpOfGroup } from './report-failure.js';
import { targetWords } from './show/target-words.js';

/** Variables that hold secrets; `KEYS_API_KEY_<NAME>` is that of an account of `keys.yaml`. */
const SECRET_VARIABLE =
  /^(KEYS_API_KEY(_.*)?|KEYS_MANAGEMENT_KEY|KEYS_ENCRYPTION_KEY|KEYS_LEDGER_KEY|PGPASSWORD)$/;
/** Variables that hold the address of a database or of a proxy, whose password is a secret. */
const ADDRESS_VARIABLE = /^(KEYS_(DATABASE|LEDGER)_URL|(https?|all)_proxy)$/i;
const PROXY_VARIABLE = /_proxy$/i;

interface Streams {
  readonly stdout: TextSink;
  /** For messages: shows no secret that the redactor knows. */
  readonly stderr: TextSink;
  readonly redactor: Redactor;
  readonly activity: Activity;
}

/** Runs one call of the program to its end and returns its exit code. Never throws. */
export async function runKeys(host: Host): Promise<number> {
  const redactor = createRedactor();
  redactor.add(...secretsIn(host.env));
  const raw = textSink(host.stderr);
  const activity = createActivity(raw);
  const linked = host.argv.includes('--no-color') ? false : wantsHyperlinks(host.env, raw.isTerminal);
  const guarded = activity.guard(raw);
  const stderr = redactingSink(linked ? linkingSink(guarded) : guarded, redactor);
  const streams = { stdout: activity.guard(textSink(host.stdout)), stderr, redactor, activity };
  const ending: Ending = { closers: [], exitCode: 0 };
  let code: number;
  try {
    await runCommand(host, streams, ending);
    code = ending.exitCode;
  } catch (error) {
    code = await report(error, host, streams.stderr, ending);
  }
  for (const close of ending.closers.reverse()) {
    try {
      await close();
    } catch (error) {
      if (code === 0) code = await report(error, host, streams.stderr);
    }
  }
  return code;
}

/** The secrets that the environment holds. */
function secretsIn(env: Host['env']): string[] {
  return Object.entries(env).flatMap(([name, value = '']) => {
    if (SECRET_VARIABLE.test(name)) return [value.trim()];
    if (!ADDRESS_VARIABLE.test(name)) return [];
    return PROXY_VARIABLE.test(name) ? secretsOfProxy(value) : passwordsOf(value);
  });
}

/** The password of an address, before its host or among its parameters. */
function passwordsOf(address: string): string[] {
  const text = address.trim();
  const url = text.includes('://') ? text : `http://${text}`;
  if (!URL.canParse(url)) return [AROUND_PASSWORD.exec(url)?.[1] ?? ''].flatMap(alsoDecoded);
  const { password, searchParams } = new URL(url);
  return [...alsoDecoded(password), searchParams.get('password') ?? ''];
}

/** What stands for a password in a text that is no address, such as one with a sign that is not encoded. */
const AROUND_PASSWORD = /:\/\/[^:@]*:(.*)@/s;

/** Of the address of a proxy: a name without a password is a token. */
function secretsOfProxy(address: string): string[] {
  const passwords = passwordsOf(address);
  if (passwords.some((password) => password !== '')) return passwords;
  return alsoDecoded(/^(?:[^:@/]*:\/\/)?([^:@]*):?@/s.exec(address.trim())?.[1] ?? '');
}

/** Unlike `decodeURIComponent`, this takes a percent sign that begins no escape. */
function alsoDecoded(text: string): string[] {
  const decoded = new URLSearchParams(`text=${text.replaceAll('+', '%2B').replaceAll('&', '%26')}`);
  return [text, decoded.get('text') ?? ''];
}

async function runCommand(host: Host, streams: Streams, ending: Ending): Promise<void> {
  if (asksForVersions(host.argv)) return await printVersions(host, streams);
  const root = createRoot(host.process.version);
  let printed = '';
  let complaint = '';
  root.configureOutput({
    // Help and version are collected first, so that a full device or a closed pipe is noticed as with any
    // other output.
    writeOut: (text) => {
      printed += text;
    },
    // Commander's own message for a mistake: we report the error that it throws in our form instead. It
    // writes a group's help here, too.
    writeErr: (text) => {
      complaint += text;
    },
    getOutHelpWidth: () => helpWidth(streams.stdout),
    getErrHelpWidth: () => helpWidth(streams.stdout),
  });
  try {
    readRootOptions(root as CommandUnknownOpts, host.argv);
    const flags = root.opts() as GlobalFlags;
    ending.target = targetWords(flags);
    if (flags.verbose) {
      throw new KeysError('usage', '--verbose goes with --version alone', {
        hint: '--debug traces requests',
      });
    }
    const context = await createContext(host, flags, streams, ending);
    await buildProgram(root, context, host.argv);
    if (host.argv.length === 0) printed = overview();
    else await explaining(host.argv, context, ending, () => parse(root, host.argv));
  } catch (error) {
    const before = printed;
    const operands = operandsOf(root, host.argv);
    // Reading the options again has printed the version again.
    printed = before;
    if (!isHelpOfGroup(error)) throw explainMistake(error, commandAt(root, operands));
    if (operands.includes('help')) {
      const words = operands.filter((word) => word !== 'help');
      throw explainHelp(words.at(-1) ?? 'help', commandAt(root, words));
    }
    printed += complaint;
  } finally {
    const { isTerminal, columns } = streams.stdout;
    if (printed && isTerminal) {
      const [{ withBoldTitles, wrapHelp }, { wantsColor }] = await Promise.all([
        import('../terminal/wrap-lines.js'),
        import('../terminal/create-output.js'),
      ]);
      printed = wrapHelp(printed, columns);
      const { color } = root.opts();
      if (color !== false && wantsColor(host.env, isTerminal)) printed = withBoldTitles(printed);
    }
    if (printed) await streams.stdout.write(printed);
  }
}

async function parse(root: CommandUnknownOpts, argv: readonly string[]): Promise<void> {
  await root.parseAsync(helpAsOption(root, withoutVainHelp(root, argv)), { from: 'user' });
}

/** Does `work`. Where it finds no such key, says which other account has it; see `explainUnknownKey`. */
async function explaining(
  argv: readonly string[],
  context: Context,
  ending: Ending,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (!(thrown instanceof KeysError) || thrown.details?.['reference'] === undefined) throw thrown;
    const { explainUnknownKey } = await import('./key-of-other-account.js');
    const { error, commands } = await explainUnknownKey(thrown, argv, context);
    ending.elsewhere = commands;
    throw error;
  }
}

/** The width of a help in a pipe. On a terminal `wrapHelp` breaks its lines, and not Commander. */
function helpWidth({ isTerminal, columns }: TextSink): number {
  return isTerminal ? Number.MAX_SAFE_INTEGER : Math.min(columns, 100);
}

/**
 * The arguments, without `--help` behind a word that is no command: its error says more than the whole help.
 */
function withoutVainHelp(root: CommandUnknownOpts, argv: readonly string[]): string[] {
  const [word] = operandsOf(root, argv);
  if (word === undefined || word === 'help' || commandAt(root, [word]) !== root) return [...argv];
  return argv.filter((argument) => argument !== '--help' && argument !== '-h');
}

/**
 * `help places add` as `places add --help`: Commander's own looks at the first word alone. Throws `usage` for
 * a word that names no command of its group.
 */
function helpAsOption(root: CommandUnknownOpts, argv: readonly string[]): readonly string[] {
  const [first, ...words] = operandsOf(root, argv);
  if (first !== 'help' || words.length < 2) return argv;
  const command = commandAt(root, words);
  const depth = pathOf(command).length;
  const next = words[depth];
  if (next !== undefined && command.commands.length > 0) throw explainHelp(next, command);
  return [...pathOf(command), '--help'];
}

/** The names of a command and its groups, without the program's. */
function pathOf(command: CommandUnknownOpts): readonly string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

/** The words of a call that are no options. None where an option lacks its value. */
function operandsOf(root: CommandUnknownOpts, argv: readonly string[]): readonly string[] {
  try {
    return readRootOptions(root, argv);
  } catch {
    return [];
  }
}

/** The command that the words name, as deep as they name one. */
function commandAt(root: CommandUnknownOpts, words: readonly string[]): CommandUnknownOpts {
  let command = root;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (next === undefined) break;
    command = next;
  }
  return command;
}

/** `--version --verbose`, in any order, with `--json` or without. */
function asksForVersions(argv: readonly string[]): boolean {
  const words = new Set(argv.filter((word) => word !== '--json'));
  return words.size === 2 && words.has('--verbose') && (words.has('--version') || words.has('-V'));
}

async function printVersions(host: Host, streams: Streams): Promise<void> {
  const [{ versionsOf }, output] = await Promise.all([
    import('./versions.js'),
    createOutput(streams, { json: host.argv.includes('--json'), env: host.env }),
  ]);
  const versions = versionsOf(host.process);
  await output.record(versions, Object.entries(versions));
}

/** What breaks a line for a terminal; loaded for a terminal alone. */
async function lineWrap({ isTerminal, columns }: TextSink): Promise<((line: string) => string) | undefined> {
  if (!isTerminal) return undefined;
  const { wrapMessage } = await import('../terminal/wrap-lines.js');
  return (line) => wrapMessage(line, columns);
}

/** The command with what a person has answered; see `repeatCommand`. */
async function repeated(
  failure: KeysError,
  argv: readonly string[],
  answers: Answers,
): Promise<string | null> {
  const { repeatCommand } = await import('./show/repeat-command.js');
  return repeatCommand(failure, argv, answers);
}

/**
 * Reports on stderr what failed, and returns the exit code. A reader of stdout that went away is no failure.
 */
async function report(
  error: unknown,
  { argv }: Host,
  stderr: TextSink,
  { target = '', answers, elsewhere = [] }: Partial<Ending> = {},
): Promise<number> {
  if (isClosedPipe(error)) return 0;
  const failure = asKeysError(error);
  if (failure === null) return 0;
  // After a parser error there are no parsed flags, so the word itself is looked for.
  const json = argv.includes('--json');
  const wrap = await lineWrap(stderr);
  const repeat = answers === undefined ? null : await repeated(failure, argv, answers);
  const further = [
    ...elsewhere.map((command) => ['there', command] as const),
    ...(repeat === null ? [] : [['the same command with your answers', repeat] as const]),
  ];
  await stderr.write(failureText(failure, { json, target, wrap, further })).catch(() => undefined);
  if (failure.code === 'internal' && argv.includes('--debug') && failure.cause instanceof Error) {
    await stderr.write(`${failure.cause.stack}\n`).catch(() => undefined);
  }
  return exitCodeOf(failure);
}
