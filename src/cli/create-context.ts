import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, FAR_OFF_MS } from '../domain/clock.js';
import type { Redactor } from '../domain/redactor.js';
import type { Transport } from '../http/transport.js';
import { maskLine } from '../places/mask-printed.js';
import type { Credentials } from '../storage/keychain/credentials.js';
import type { Ledger } from '../storage/ledger/ledger.js';
import { platformDirectories } from '../storage/platform-directories.js';
import { createSettings } from '../storage/settings-file.js';
import type { Activity } from '../terminal/activity.js';
import { createOutput } from '../terminal/create-output.js';
import { textInput, textSink } from '../terminal/node-streams.js';
import type { OpenPagedText } from '../terminal/pager.js';
import type { Prompts } from '../terminal/prompts.js';
import type { Answers } from '../terminal/recording-prompts.js';
import type { TextSink } from '../terminal/text-sink.js';
import type { Context, GlobalFlags, ProcessFacts } from './context.js';

/** What the process hands in: the only way by which the program reaches it. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: () => string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly clock: Clock;
  readonly process: Omit<ProcessFacts, 'exitWith' | 'isAttended' | 'log' | 'maskInLog' | 'onEnd'> & {
    /** Versions of Node and its parts. */
    readonly versions: Readonly<Record<string, string | undefined>>;
    readonly arch: string;
  };
}

/** What is left to do when a call ends. */
export interface Ending {
  /** Closed in reverse order. */
  readonly closers: Array<() => Promise<void>>;
  exitCode: number;
  /** The flags that said whose keys are meant; see `targetWords`. */
  target?: string;
  /** What a person has answered. Absent: nothing could be asked. */
  answers?: Answers;
  /** Commands that do at another account what failed here. */
  elsewhere?: readonly string[];
}

/** Returns the context of one call. Everything in it is opened at its first use. */
export async function createContext(
  host: Host,
  flags: GlobalFlags,
  streams: { stdout: TextSink; stderr: TextSink; redactor: Redactor; activity: Activity },
  ending: Ending,
): Promise<Context> {
  const { env, clock } = host;
  const { stderr, redactor, activity } = streams;
  const input = textInput(host.stdin);
  if (flags.json || flags.quiet || env['TERM'] === 'dumb') activity.stop();
  const isAttended = input.isTerminal && stderr.isTerminal;
  const output = await createOutput(streams, {
    ...{ json: flags.json === true, env, quiet: flags.quiet, color: flags.color },
    ...(isAttended && flags.input !== false ? { pager: () => openPager(host, activity) } : {}),
  });
  const onEnd = (close: () => Promise<void>) => void ending.closers.push(close);
  const directories = once(() => platformDirectories(env, host.process.platform, host.homeDirectory));
  const settings = once(() => createSettings(directories().config));
  const wrongClock: { minutes: number | null } = { minutes: null };
  return {
    clock,
    sleep: async (ms) => void (await delay(ms)),
    every,
    minutesAhead: () => wrongClock.minutes,
    env,
    flags,
    input,
    output,
    redactor,
    prompts: once(() => openPrompts(host, isAttended && flags.input !== false, ending)),
    settings,
    directories,
    credentials: once(() => openCredentials(host, directories().config, { redactor, output, settings })),
    transport: once(() => openTransport(host, flags, { output, redactor, onEnd, activity }, wrongClock)),
    ledger: once(() => openLedger(host, { directories, settings, output, onEnd }, wrongClock)),
    process: {
      ...host.process,
      isAttended,
      log: (text) => void stderr.write(text).catch(() => undefined),
      maskInLog: async (secret) => await textSink(host.stderr).write(maskLine(secret)),
      onEnd,
      exitWith: (code) => {
        ending.exitCode = code;
      },
    },
  };
}

/** Calls `work` every so many milliseconds. `work` handles its own errors: none ends the program. */
function every(ms: number, work: () => Promise<unknown>): () => void {
  const timer = setInterval(() => void work().catch(() => undefined), ms).unref();
  return () => clearInterval(timer);
}

/** `make`, called at its first use only. */
function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

async function openPrompts(host: Host, canAsk: boolean, ending: Ending): Promise<Prompts> {
  if (!canAsk) return (await import('../terminal/prompts.js')).createNoPrompts();
  const [create, { createAnswers, recordingPrompts }] = await Promise.all([
    promptsFor(host.env),
    import('../terminal/recording-prompts.js'),
  ]);
  ending.answers ??= createAnswers();
  return recordingPrompts(create(host.stdin, host.stderr, host.process.onSignal), ending.answers);
}

/** What asks on this terminal: one that is `dumb` cannot move its cursor. */
async function promptsFor(env: Host['env']) {
  return env['TERM'] === 'dumb'
    ? (await import('../terminal/line-prompts.js')).createLinePrompts
    : (await import('../terminal/inquirer-prompts.js')).createInquirerPrompts;
}

async function openCredentials(
  host: Host,
  configDir: string,
  { redactor, output, settings }: Pick<Context, 'output' | 'redactor' | 'settings'>,
): Promise<Credentials> {
  const { clock, env } = host;
  const [{ createCredentials }, { createKeychain }, { createCredentialsFile }] = await Promise.all([
    import('../storage/keychain/create-credentials.js'),
    import('../storage/keychain/keychain.js'),
    import('../storage/keychain/credentials-file.js'),
  ]);
  const keychain = createKeychain({
    env,
    unlockMs: Number(settings().get('keychain_wait') ?? 120) * 1_000,
    onWaiting: () => output.say('waiting for the keychain to be unlocked'),
  });
  const file = createCredentialsFile(configDir, host.process.platform);
  const credentials = createCredentials(keychain, file, clock, {
    keepsInFile: () => settings().get('storage') === 'file',
  });
  return {
    ...credentials,
    async read(profile) {
      const found = await credentials.read(profile);
      if (found !== null) redactor.add(...secretsOf(found.secret));
      return found;
    },
  };
}

/** A stored secret, or the secrets of a saved key, which is stored as JSON. */
function secretsOf(stored: string): string[] {
  try {
    const parts: unknown[] = stored.startsWith('{') ? Object.values(JSON.parse(stored) as object) : [stored];
    return parts.filter((part) => typeof part === 'string');
  } catch {
    return [stored];
  }
}

async function openTransport(
  { clock, env }: Host,
  flags: GlobalFlags,
  {
    output,
    redactor,
    onEnd,
    activity,
  }: Pick<Context, 'output' | 'redactor'> & Pick<ProcessFacts, 'onEnd'> & { readonly activity: Activity },
  wrongClock: { minutes: number | null },
): Promise<Transport> {
  const { createHttpTransport } = await import('../http/create-http-transport.js');
  const opened = createHttpTransport({
    clock,
    sleep: delay,
    env,
    insecure: flags.insecure === true,
    redactor,
    onWait: (waitMs, reason) =>
      output.say(`waiting ${Math.ceil(waitMs / 1000)} s before trying again (${reason})`),
    onFarOff: (minutes) => {
      wrongClock.minutes = minutes;
      output.warn(
        `the clock of this machine is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead of' : 'behind'} the service's: expiry times may be wrong`,
      );
    },
    ...(flags.debug ? { trace: (line: string) => output.say(line) } : {}),
  });
  onEnd(opened.close);
  return (request) => activity.during(new URL(request.url).host, () => opened(request));
}

/** Long text goes to the person's pager, which then has the screen for itself. */
async function openPager(host: Host, { stop }: Activity): Promise<OpenPagedText> {
  const { platform, onSignal } = host.process;
  const { createPager } = await import('../terminal/pager.js');
  return createPager({
    ...{ env: host.env, platform, onSignal, onOpen: stop },
    rows: () => host.stdout.rows || 24,
  });
}

async function openLedger(
  { env, clock }: Host,
  {
    directories,
    settings,
    output,
    onEnd,
  }: Pick<Context, 'directories' | 'output' | 'settings'> & Pick<ProcessFacts, 'onEnd'>,
  wrongClock: { minutes: number | null },
): Promise<Ledger> {
  const { ledgerAddress } = await import('../storage/ledger/ledger-address.js');
  const address = ledgerAddress(env, settings());
  if (address === null) {
    const opened = await (await import('../storage/ledger/ledger.js')).openLedger(directories().data);
    onEnd(opened.close);
    return opened;
  }
  const { openSharedLedger } = await import('../storage/ledger/shared-ledger.js');
  const opened = await openSharedLedger(address, { env, clock });
  onEnd(opened.close);
  await warnOfLeftLedger(opened, directories().data, output);
  const ahead = opened.shared?.ahead_ms ?? 0;
  if (Math.abs(ahead) > FAR_OFF_MS) {
    const minutes = Math.round(ahead / 60_000);
    wrongClock.minutes = minutes;
    output.warn(
      `the clock of this machine is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead of' : 'behind'} the ledger's: until it is set, no old key is revoked from here`,
    );
  }
  return opened;
}

/** Warns where the keys of this machine were not moved into the shared ledger: they would look unknown. */
async function warnOfLeftLedger(
  shared: Ledger,
  dataDir: string,
  output: Pick<Context['output'], 'warn'>,
): Promise<void> {
  const { isEmptyLedger, openLeftLedger } = await import('../storage/ledger/left-ledger.js');
  if (!(await isEmptyLedger(shared))) return;
  const left = await openLeftLedger(dataDir);
  if (left === null) return;
  const { length } = await left.managed.all();
  await left.close();
  output.warn(
    `the shared ledger is empty, and the ledger of this machine has ${length} ${length === 1 ? 'key' : 'keys'}: keys ledger move postgres brings them`,
  );
}
