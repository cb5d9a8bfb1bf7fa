import { setTimeout as delay } from 'node:timers/promises';
import type { ClientAddress } from '../connect/connect.js';
import { resolveTarget, type Target } from '../connect/resolve-target.js';
import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import { addressOf, isManagedByHand, type Provider } from '../domain/provider.js';
import type { ProviderDefinition } from '../providers/define-provider.js';
import type { CheckAt } from '../providers/live-check.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import { createNameCache, fingerprint } from '../storage/name-cache.js';
import { platformDirectories } from '../storage/platform-directories.js';
import { createSettings } from '../storage/settings-file.js';
import { createOutput } from '../terminal/create-output.js';
import { textInput, textSink } from '../terminal/node-streams.js';
import type { Output } from '../terminal/output.js';
import { asKeysError, failureText } from '../terminal/report-failure.js';
import { isClosedPipe, type TextSink } from '../terminal/text-sink.js';
import type { ConnectChoices, Connection, Deps, GlobalFlags, ProcessFacts } from './context.js';
import { buildFullProgram, buildProgram, createRoot } from './program.js';

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
  /** As Node tells them. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly arch: string;
  /** URL of the package's public entry, for providers of the user's own. */
  readonly library: string;
  readonly clock: Clock;
  /** Listens for interruption from the first call on. */
  readonly interruption: () => AbortSignal;
  readonly process: ProcessFacts;
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
  // A program that was run has its own way to end.
  const exit = { code: 0 };
  let code: number;
  try {
    if (asksForVersions(host.argv)) return await tellVersions(host, stdout, stderr);
    root.parseOptions([...host.argv]);
    const flags = root.opts() as GlobalFlags;
    if (flags.verbose) {
      throw new KeysError('usage', '--verbose goes with --version alone', {
        hint: '--debug traces requests',
      });
    }
    const deps = await createDeps(host, flags, { stdout, stderr }, closers, exit);
    const program = await buildProgram(root, deps, host.argv);
    if (host.argv.length === 0) program.outputHelp();
    else await program.parseAsync([...host.argv], { from: 'user' });
    code = exit.code;
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

/** `--version --verbose`, in any order, with `--json` or without. */
function asksForVersions(argv: readonly string[]): boolean {
  const words = new Set(argv.filter((word) => word !== '--json'));
  return words.size === 2 && words.has('--verbose') && (words.has('--version') || words.has('-V'));
}

async function tellVersions(host: Host, stdout: TextSink, stderr: TextSink): Promise<number> {
  const [{ versionsOf }, output] = await Promise.all([
    import('./versions.js'),
    createOutput(host.argv.includes('--json'), stdout, stderr, host.env),
  ]);
  const versions = versionsOf(host);
  await output.record(versions, Object.entries(versions));
  return 0;
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

/** Names that one call keeps for completion. */
const MOST_SEEN = 1_000;

/** A credential that no service knows, of either form. */
const STRANGER = 'nobody:knows_this_credential';

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
  exit: { code: number },
): Promise<Deps> {
  const { env, clock, platform } = host;
  const input = textInput(host.stdin);
  const directories = once(() => platformDirectories(env, platform, host.homeDirectory));
  const settings = once(() => createSettings(directories().config));
  const output: Output = await createOutput(flags.json === true, stdout, stderr, env);

  const encryptionKey = once(async () => {
    const { createEncryptionKeySource } = await import('../storage/keychain/encryption-key.js');
    return createEncryptionKeySource({
      env,
      credentials: async () => await credentials(),
      directory: () => directories().config,
    });
  });

  const prompts = once(async () => {
    if (flags.input === false || !input.isTerminal || !stderr.isTerminal) {
      return (await import('../terminal/no-prompts.js')).createNoPrompts();
    }
    return (await import('../terminal/inquirer-prompts.js')).createInquirerPrompts(host.stdin, host.stderr);
  });

  const credentials = once(async () => {
    const [{ createCredentials }, { createKeychain }, { createCredentialsFile }] = await Promise.all([
      import('../storage/keychain/create-credentials.js'),
      import('../storage/keychain/keychain.js'),
      import('../storage/keychain/credentials-file.js'),
    ]);
    return createCredentials(createKeychain({ env }), createCredentialsFile(directories().config, platform));
  });

  const userAgent = `keys/${host.version}`;
  const providerFile = async (path: string) => {
    const [{ loadProviderFile }, { PROVIDER_IDS }] = await Promise.all([
      import('../providers/own-provider.js'),
      import('../providers/registry.js'),
    ]);
    return await loadProviderFile(path, { library: host.library, platform, taken: PROVIDER_IDS });
  };
  const ownProviders = () => ({ paths: settings().providers(), load: providerFile });
  const definition = async (id: string) =>
    await (await import('../providers/registry.js')).loadProvider(id, ownProviders());
  const definitions = async () =>
    await (await import('../providers/registry.js')).loadAllProviders(ownProviders(), (error) =>
      output.warn(error instanceof Error ? error.message : String(error)),
    );
  const ledger = once(async () => {
    const { openLedger } = await import('../storage/ledger/ledger.js');
    const opened = await openLedger(directories().data);
    closers.push(opened.close);
    return opened;
  });
  const existingLedger = async () => {
    const { hasLedger } = await import('../storage/ledger/ledger.js');
    return hasLedger(directories().data) ? await ledger() : null;
  };
  const savedSecrets = async ({ insecureStorage }: Pick<ConnectChoices, 'insecureStorage'> = {}) => {
    const { createSavedSecrets } = await import('../storage/ledger/saved-secrets.js');
    const inFile = insecureStorage ?? settings().get('storage') === 'file';
    return createSavedSecrets(await credentials(), inFile);
  };

  const transport = once(async () => {
    const { createHttpTransport } = await import('../http/create-http-transport.js');
    const opened = createHttpTransport({
      clock,
      sleep: delay,
      env,
      insecure: flags.insecure === true,
      onWait: (waitMs, reason) =>
        output.say(`waiting ${Math.ceil(waitMs / 1000)} s before trying again (${reason})`),
      onFarOff: (minutes) =>
        output.warn(
          `the clock of this machine is ${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead of' : 'behind'} the service's: times here are not what the service means`,
        ),
      ...(flags.debug ? { trace: (line: string) => output.say(line) } : {}),
    });
    closers.push(opened.close);
    return opened;
  });

  const loadClient = async () => {
    await Promise.all([import('../providers/engine.js'), transport()]);
  };
  const client = async (of: ProviderDefinition, address: ClientAddress) => {
    const { createProviderService } = await import('../providers/engine.js');
    return createProviderService(of, {
      ...address,
      transport: await transport(),
      userAgent,
      clock,
      sleep: delay,
    });
  };

  const check = async (of: ProviderDefinition, address: CheckAt, credential: Credential) => {
    const { checkLive } = await import('../providers/live-check.js');
    return await checkLive(of, address, credential, { transport: await transport(), userAgent });
  };

  const guided = async (provider: Provider, target: Target, choices: ConnectChoices) => {
    const [{ createGuidedService }, { createConversation }] = await Promise.all([
      import('../connect/guided/guided-service.js'),
      import('../connect/guided/converse.js'),
    ]);
    return createGuidedService({
      provider,
      providers: definitions,
      conversation: createConversation({
        output,
        input,
        prompts,
        openPage: pageOpener(host, flags),
        yes: choices.yes === true,
      }),
      ledger: await ledger(),
      secrets: await savedSecrets(choices),
      clock,
      baseUrl: target.baseUrl,
      check: async (credential, environment) =>
        await check(
          await definition(provider.id),
          { baseUrl: addressInEnvironment(provider, target, environment), set: target.set },
          credential,
        ),
    });
  };

  const connectOptions = () => ({
    flags,
    env,
    clock,
    settings,
    credentials,
    definition,
    definitions,
    loadClient,
    client,
    check,
    guided,
    output,
    dataDir: () => directories().data,
    encryptionKey,
    closers,
    onChange: () => names().forget(),
    onSeen,
  });
  const names = once(() => createNameCache(directories().config, clock));
  const namesPlace = once(() => {
    const { notices: _, ...target } = resolveTarget({ flags, env, settings: settings() });
    // Names are no secret, but another credential may see others.
    const seenBy = target.useEnvironmentKey ? fingerprint(env['KEYS_API_KEY'] ?? '') : null;
    return JSON.stringify([target, directories().data, seenBy]);
  });
  // Gathered, and written once at the end of the call.
  const seen = { present: new Set<string>(), gone: new Set<string>() };
  const onSeen = (name: string, present: boolean) => {
    if (seen.present.size >= MOST_SEEN) return;
    if (seen.present.size + seen.gone.size === 0) {
      closers.push(async () => names().learn(namesPlace(), seen));
    }
    if (!present && !seen.present.has(name)) seen.gone.add(name);
    if (!present) return;
    seen.present.add(name);
    seen.gone.delete(name);
  };
  const connect = async (choices: ConnectChoices, earlier?: OperationTarget) =>
    await (await import('../connect/connect.js')).connectTo(connectOptions(), choices, earlier);
  let connection: Promise<Connection> | undefined;
  const deps: Deps = {
    clock,
    env,
    platform,
    version: host.version,
    input,
    flags: () => flags,
    output: () => output,
    prompts,
    settings,
    credentials,
    client: async (id, baseUrl, credential, set) => {
      const { managementCredential } = await import('../connect/connect.js');
      const provider = await definition(id);
      const of = provider.endpoints === null ? await definition('keys') : provider;
      return await client(of, { baseUrl, credential: managementCredential(of, credential), set });
    },
    provider: definition,
    providers: definitions,
    providerFile,
    newProviderFile: async (id) => (await import('../providers/new-provider.js')).newProviderFile(id),
    async contract(request) {
      const [connection, { checkContract }] = await Promise.all([
        deps.connect(),
        import('../providers/contract.js'),
      ]);
      const { provider, baseUrl, target } = connection;
      if (baseUrl === null) {
        throw new KeysError('usage', 'the contract is tried on a service over HTTP', {
          hint: 'say --base-url',
        });
      }
      return checkContract({
        provider,
        service: connection.service,
        stranger: await deps.client(provider.id, baseUrl, STRANGER, target.set),
        tryOut: connection.tryOut,
        request,
        newIdempotencyKey: deps.newIdempotencyKey,
        clock,
      });
    },
    writeNewFile: async (path, text) => (await import('../storage/user-files.js')).writeNewFile(path, text),
    use: async (id) => {
      const { useKey } = await import('../providers/use-key.js');
      return { request: useKey(await definition(id), { transport: await transport(), userAgent }) };
    },
    check: async ({ provider, baseUrl, set }, credential) =>
      await check(await definition(provider.id), { baseUrl, set }, credential),
    readFile: async (path, maxBytes) =>
      (await import('../storage/user-files.js')).readUserFile(path, maxBytes),
    ledger,
    existingLedger,
    savedSecrets,
    connect: (choices = {}) => {
      connection ??= connect(choices);
      return connection;
    },
    reconnect: (target) => connect({}, target),
    everyTarget: async () => {
      const { everyTarget } = await import('../connect/every-target.js');
      const dashboards = (await (await ledger()).keys({ place: 'dashboard' })).map(
        ({ provider }) => provider,
      );
      return await everyTarget(settings(), directories().data, dashboards);
    },
    async target() {
      const target = resolveTarget({ flags, env, settings: settings() });
      const provider = await definition(target.policy ?? target.provider);
      return {
        provider,
        profile: target.profile,
        set: target.set,
        baseUrl:
          target.policy === undefined
            ? addressInEnvironment(provider, target, target.environment ?? null)
            : null,
        managedByHand: isManagedByHand(provider, target.baseUrl) && target.policy === undefined,
        ...(target.environment === undefined ? {} : { environment: target.environment }),
      };
    },
    async keyDatabase({ dataDir, database }) {
      const [
        { openKeyDatabase },
        { exportKeys, importKeys },
        { KEY_SERVICE_MIGRATIONS },
        { embeddedFolder },
        { OWNER },
      ] = await Promise.all([
        import('../service/open-key-database.js'),
        import('../service/key-transfer.js'),
        import('../service/store/migrations.js'),
        import('../connect/connect.js'),
        import('../service/principal.js'),
      ]);
      const opened = await openKeyDatabase({
        dataDir:
          dataDir ?? embeddedFolder(directories().data, resolveTarget({ flags, env, settings: settings() })),
        ...(database === undefined ? {} : { database: { address: database, env, patient: true } }),
      });
      closers.push(() => opened.close());
      return {
        version: KEY_SERVICE_MIGRATIONS.length,
        export: (write) => exportKeys(opened, write),
        import: (lines) => importKeys(opened, lines, { actor: OWNER.id, at: clock.now() }),
      };
    },
    async serve({ host: address, dataDir, database, policy, ...rest }) {
      const [{ serveKeys }, { gatherLines }, { embeddedFolder, tellFirstKeys }] = await Promise.all([
        import('../service/http/serve-keys.js'),
        import('../service/http/log-lines.js'),
        import('../connect/connect.js'),
      ]);
      const log = gatherLines((text) => void stderr.write(text).catch(() => undefined));
      const interrupted = host.interruption();
      const managementKey = env['KEYS_MANAGEMENT_KEY'];
      const target = resolveTarget({ flags, env, settings: settings() });
      const chosen = policy ?? target.policy;
      const running = await serveKeys({
        ...rest,
        host: address,
        dataDir: dataDir ?? embeddedFolder(directories().data, target),
        clock,
        version: host.version,
        ...(managementKey ? { managementKey } : {}),
        ...(database === undefined ? {} : { database: { address: database, env } }),
        ...(chosen === undefined ? {} : { policy: chosen }),
        encryptionKey: await encryptionKey(),
        log: log.write,
      });
      if (running.managementKeyPath) output.say(`the management key is in ${running.managementKeyPath}`);
      tellFirstKeys(output, running.firstKeys);
      if (running.metricsUrl) output.say(`metrics are at ${running.metricsUrl}`);
      output.say(`listening on ${running.url}`);
      await new Promise<void>((resolve) =>
        interrupted.addEventListener('abort', () => resolve(), { once: true }),
      );
      await running.close();
      log.flush();
    },
    async completionScript(shell) {
      const { completionScript } = await import('./completion/completion-script.js');
      return completionScript(shell, await buildFullProgram(deps, host.version));
    },
    async keyNames() {
      const place = namesPlace();
      const kept = names().read(place);
      if (kept !== null) return kept;
      const { localNames } = await import('../connect/local-names.js');
      const found = await localNames({
        target: resolveTarget({ flags, env, settings: settings() }),
        dataDir: directories().data,
        clock,
        remembered: () => names().remembered(place),
        connect: () => deps.connect(),
        provider: definition,
        ledger: existingLedger,
      });
      names().write(place, found);
      return found;
    },
    async providerTitles() {
      const { loadAllProviders } = await import('../providers/registry.js');
      const own = Object.keys(settings().providers()).map((id) => ({ id, title: id }));
      return [...(await loadAllProviders()).map(({ id, title }) => ({ id, title })), ...own];
    },
    process: host.process,
    sleep: async (ms) => void (await delay(ms)),
    async run(command, variables) {
      const { runProgramAs } = await import('./run-program.js');
      exit.code = await runProgramAs(command, variables, env, host.process.onSignal);
    },
    newIdempotencyKey: () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  };
  return deps;
}

/** Opens a page in the user's browser; null where there is none to be opened: no terminal, no display, `--no-browser`. */
function pageOpener(host: Host, flags: GlobalFlags): ((url: string) => Promise<void>) | null {
  const display =
    host.platform === 'darwin' ||
    host.platform === 'win32' ||
    host.env['DISPLAY'] ||
    host.env['WAYLAND_DISPLAY'];
  if (flags.browser === false || !host.stderr.isTTY || !host.stdin.isTTY || !display || host.env['CI'])
    return null;
  return async (url) => {
    const { default: open } = await import('open');
    // Its address is on the screen in any case.
    await open(url).catch(() => undefined);
  };
}

/** The address for a key of this environment: the vendor's own is the one of its default environment alone. */
function addressInEnvironment(provider: Provider, target: Target, environment: string | null): string | null {
  const published =
    target.baseUrl === null && environment !== null && environment !== provider.environments[0];
  return published ? null : addressOf(provider, target.baseUrl, target.set);
}
