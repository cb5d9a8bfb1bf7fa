import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connectTo } from './connect.js';
import type { Deps, GlobalFlags } from './deps.js';
import type { Clock } from './domain/clock.js';
import { platformDirectories } from './profiles/platform-directories.js';
import { createSettings } from './profiles/settings-file.js';
import { buildFullProgram, buildProgram, createRoot } from './program.js';
import { createOutput } from './terminal/create-output.js';
import { textInput, textSink } from './terminal/node-streams.js';
import type { Output } from './terminal/output.js';
import { asKeysError, failureText } from './terminal/report-failure.js';
import { isClosedPipe, type TextSink } from './terminal/text-sink.js';

/** What the process hands in: the only way by which anything below reaches it. */
export interface Host {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly homeDirectory: () => string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly version: string;
  readonly clock: Clock;
  /** Listens for interruption from the first call on. */
  readonly interruption: () => AbortSignal;
}

/** Runs one call of the program to its end and returns its exit code. Never throws. */
export async function runProgram(host: Host): Promise<number> {
  const closers: Closers = [];
  const stdout = textSink(host.stdout);
  const stderr = textSink(host.stderr);
  const root = createRoot(host.version);
  let printed = '';
  root.configureOutput({
    // Help and version: gathered, so that a full device or a closed pipe is noticed like with any other output.
    writeOut: (text) => {
      printed += text;
    },
    // Commander's own words for a mistake: the failure that it throws says them again, in our form.
    writeErr: () => {},
    getOutHelpWidth: () => Math.min(stdout.columns, 100),
  });
  let code: number;
  try {
    root.parseOptions([...host.argv]);
    const flags = root.opts() as GlobalFlags;
    const deps = await createDeps(host, flags, { stdout, stderr }, closers);
    const program = await buildProgram(root, deps, host.argv);
    if (host.argv.length === 0) program.outputHelp();
    else await program.parseAsync([...host.argv], { from: 'user' });
    code = 0;
  } catch (error) {
    code = await report(error, host, stderr);
  }
  try {
    if (printed) await stdout.write(printed);
  } catch (error) {
    if (!isClosedPipe(error)) code = await report(error, host, stderr);
  }
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      if (code === 0) code = await report(error, host, stderr);
    }
  }
  return code;
}

/** Says on stderr what failed, and returns the exit code. A reader of stdout that went away is no failure. */
async function report(error: unknown, { argv }: Host, stderr: TextSink): Promise<number> {
  if (isClosedPipe(error)) return 0;
  const failure = asKeysError(error);
  if (failure === null) return 0;
  // Where the parser failed, its flags are not to be had: the word itself says what was asked for.
  const json = argv.includes('--json');
  await stderr.write(failureText(failure, json)).catch(() => undefined);
  if (failure.code === 'internal' && argv.includes('--debug') && failure.cause instanceof Error) {
    await stderr.write(`${failure.cause.stack}\n`).catch(() => undefined);
  }
  return failure.exitCode;
}

type Closers = Array<() => Promise<void>>;

/** `make` once, at its first use. */
function once<Value>(make: () => Value): () => Value {
  let made: { value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

async function createDeps(
  host: Host,
  flags: GlobalFlags,
  { stdout, stderr }: { stdout: TextSink; stderr: TextSink },
  closers: Closers,
): Promise<Deps> {
  const { env, clock, platform } = host;
  const input = textInput(host.stdin);
  const directories = once(() => platformDirectories(env, platform, host.homeDirectory));
  const settings = once(() => createSettings(directories().config));
  const output: Output = await createOutput(flags.json === true, stdout, stderr, env);

  const credentials = once(async () => {
    const [{ createCredentials }, { createKeychain }, { createCredentialsFile }] = await Promise.all([
      import('./credentials/create-credentials.js'),
      import('./credentials/keychain.js'),
      import('./credentials/credentials-file.js'),
    ]);
    return createCredentials(createKeychain({ env }), createCredentialsFile(directories().config, platform));
  });

  const client = async (baseUrl: string, credential: string) => {
    const { createKeysClient } = await import('./providers/keys-client.js');
    const { createHttpTransport } = await import('./http/create-http-transport.js');
    const transport = createHttpTransport({
      clock,
      sleep: delay,
      env,
      insecure: flags.insecure === true,
      onWait: (waitMs, reason) =>
        output.say(`waiting ${Math.ceil(waitMs / 1000)} s before trying again (${reason})`),
      ...(flags.debug ? { trace: (line: string) => output.say(line) } : {}),
    });
    closers.push(transport.close);
    return createKeysClient({ baseUrl, credential, transport, userAgent: `keys/${host.version}` });
  };

  const deps: Deps = {
    clock,
    env,
    platform,
    input,
    flags: () => flags,
    output: () => output,
    prompts: once(async () => {
      if (flags.input === false || !input.isTerminal || !stderr.isTerminal) {
        return (await import('./terminal/no-prompts.js')).createNoPrompts();
      }
      return (await import('./terminal/inquirer-prompts.js')).createInquirerPrompts(host.stdin, host.stderr);
    }),
    settings,
    credentials,
    client,
    connect: once(() =>
      connectTo({
        flags,
        env,
        clock,
        settings,
        credentials,
        client,
        output,
        dataDir: () => directories().data,
        closers,
      }),
    ),
    async keyDatabase({ dataDir, database }) {
      const [{ openKeyDatabase }, { exportKeys, importKeys }, { KEY_SERVICE_MIGRATIONS }] = await Promise.all(
        [
          import('./service/open-key-database.js'),
          import('./service/key-transfer.js'),
          import('./service/store/migrations.js'),
        ],
      );
      const opened = await openKeyDatabase({
        dataDir: dataDir ?? directories().data,
        ...(database === undefined ? {} : { database: { address: database, env, patient: true } }),
      });
      closers.push(() => opened.close());
      return {
        version: KEY_SERVICE_MIGRATIONS.length,
        export: (write) => exportKeys(opened, write),
        import: (lines) => importKeys(opened, lines),
      };
    },
    async serve({ host: address, port, dataDir, database }) {
      const { serveKeys } = await import('./service/http/serve-keys.js');
      const interrupted = host.interruption();
      const managementKey = env['KEYS_MANAGEMENT_KEY'];
      const running = await serveKeys({
        host: address,
        port,
        dataDir: dataDir ?? directories().data,
        clock,
        version: host.version,
        ...(managementKey ? { managementKey } : {}),
        ...(database === undefined ? {} : { database: { address: database, env } }),
        log: (line) => void stderr.write(`${line}\n`).catch(() => undefined),
      });
      if (running.managementKeyPath) output.say(`the management key is in ${running.managementKeyPath}`);
      output.say(`listening on ${running.url}`);
      await new Promise<void>((resolve) =>
        interrupted.addEventListener('abort', () => resolve(), { once: true }),
      );
      await running.close();
    },
    async completionScript(shell) {
      const { completionScript } = await import('./docs/completion-script.js');
      return completionScript(shell, await buildFullProgram(deps, host.version));
    },
    newIdempotencyKey: () => randomBytes(32).toString('base64url'),
  };
  return deps;
}
