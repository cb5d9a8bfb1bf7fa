import { isIP } from 'node:net';
import { Command, Option } from '@commander-js/extra-typings';
import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { parseIpRange } from '../../domain/restrictions.js';
import { isLoopback } from '../../http/loopback.js';
import type { LogLevel } from '../../service/http/request-line.js';
import type { Context } from '../context.js';
import {
  DATABASE_ENVIRONMENT,
  databaseOption,
  dataDirOption,
  type PlaceFlags,
  readPlace,
} from '../database-address.js';
import { serveExportCommand, serveImportCommand, serveMigrateCommand } from './serve-data.js';
import { serveRecoverCommand } from './serve-recover.js';

interface ServeFlags extends PlaceFlags {
  readonly port: string;
  readonly host: string;
  readonly policy?: string;
  readonly webhookUrl?: string;
  readonly trustProxy?: readonly string[];
  readonly metricsPort?: string;
  readonly gatewayEnvironment?: string;
  readonly log: LogLevel;
  readonly retainEnded?: string;
  readonly retainEvents?: string;
}

const SERVE_HELP = `
Environment:
  KEYS_MANAGEMENT_KEY  a management key of our format to use instead of creating one
  KEYS_ENCRYPTION_KEY  256 bits (hex or base64url) that encrypt the signing halves of pairs (default: the keychain's, else a 0600 file in the config directory)
${DATABASE_ENVIRONMENT}

Endpoints:
  GET /healthz         200 while the process runs; without a key, as the next two
  GET /readyz          200 where requests can be handled, 503 while the database does not respond
  GET /openapi.json    all endpoints
  GET /v1/authorize    for a reverse proxy: 204, 401 or 403 to the key of its caller's request;
                       ?scope=… and ?environment=… say what the key must have; X-Key-Id, X-Key-Scopes,
                       X-Key-Type, X-Key-Environment, X-Key-Service and X-Key-Owner say what it has
  GET /metrics         Prometheus text; with a key that has keys:read, or on --metrics-port

Examples:
  keys serve --port 8787
  keys serve --database postgres://keys@db.internal/keys
  keys serve --trust-proxy 127.0.0.1 ::1
  keys login --base-url http://127.0.0.1:8787 --profile team --with-token < management.key`;

export function serveCommand(context: Context) {
  return new Command('serve')
    .description(
      'Runs the key service over HTTP on this machine, over the same database that keys uses without a profile, or over PostgreSQL, which any number of servers may share. At its first start it makes a management key and writes it to management.key in the data directory.',
    )
    .option('--port <number>', 'port to listen on; 0 takes a free one', '8787')
    .option('--host <address>', 'address to listen on, in full; only loopback unless said', '127.0.0.1')
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .option(
      '--policy <system>',
      "the system whose rules are followed; kept in the database (default: the database's own, at first keys)",
    )
    .option('--webhook-url <url>', 'where signed notices of what happens to pairs go (policy tylt)')
    .option(
      '--trust-proxy <ranges...>',
      'addresses (CIDR) of proxies whose X-Forwarded-For and original request are believed; without it, none',
    )
    .option(
      '--gateway-environment <name>',
      'let GET /v1/authorize accept keys of this environment only, such as live; a request overrides it with ?environment=',
    )
    .option(
      '--retain-ended <time>',
      'delete keys this long after they were revoked or expired, such as 400d (default: never)',
    )
    .option(
      '--retain-events <time>',
      'delete events of the audit trail and counts of uses after this time, such as 400d (default: never)',
    )
    .addOption(
      new Option('--log <which>', 'which requests are logged, as lines of JSON on stderr')
        .choices(['off', 'errors', 'all'] as const)
        .default('all' as const),
    )
    .option('--metrics-port <number>', 'port for GET /metrics without a key, on the same address')
    .addHelpText('after', SERVE_HELP)
    .addCommand(serveMigrateCommand(context))
    .addCommand(serveExportCommand(context))
    .addCommand(serveImportCommand(context))
    .addCommand(serveRecoverCommand(context))
    .action((flags) => serve(flags, context));
}

async function serve(flags: ServeFlags, context: Context): Promise<void> {
  const [{ embeddedFolder, showFirstKeys }, { resolveTarget }] = await Promise.all([
    import('../../connect/embedded-folder.js'),
    import('../../connect/resolve-target.js'),
  ]);
  const [{ serveKeys }, { gatherLines }, { createEncryptionKeySource }] = await Promise.all([
    import('../../service/http/serve-keys.js'),
    import('../../service/http/log-lines.js'),
    import('../../storage/keychain/encryption-key.js'),
  ]);
  const { clock, env, output } = context;
  const options = readOptions(flags, env);
  const log = gatherLines(context.process.log);
  const interrupted = context.process.interruption();
  const target = resolveTarget(context);
  const running = await serveKeys({
    ...options,
    ...compact({ policy: flags.policy ?? (target.baseUrl === null ? target.policy : undefined) }),
    dataDir: options.dataDir ?? embeddedFolder(context.directories().data, target),
    clock,
    version: context.process.version,
    // Beside the package's entry, wherever the bundler puts this file.
    writerThread: new URL('../sqlite/sqlite-writer-thread.cjs', context.process.library),
    encryptionKey: createEncryptionKeySource(context),
    log: log.write,
  });
  if (running.managementKeyPath) output.say(`the management key is in ${running.managementKeyPath}`);
  showFirstKeys(output, running.firstKeys);
  if (running.metricsUrl) output.say(`metrics are at ${running.metricsUrl}`);
  if (!isLoopback(new URL(running.url).hostname)) {
    output.say(
      'warning: plain HTTP beyond this machine: put a proxy with TLS in front, and let only it connect',
    );
  }
  output.say(`listening on ${running.url}`);
  await new Promise<void>((resolve) =>
    interrupted.addEventListener('abort', () => resolve(), { once: true }),
  );
  await running.close();
  log.flush();
}

function readOptions(flags: ServeFlags, env: Context['env']) {
  const { database, dataDir } = readPlace(flags, env);
  return {
    host: readHost(flags.host),
    port: readPort(flags.port),
    ...compact({
      dataDir,
      database: database === undefined ? undefined : { address: database, env },
      managementKey: env['KEYS_MANAGEMENT_KEY'] || undefined,
      webhookUrl: flags.webhookUrl,
      gatewayEnvironment: flags.gatewayEnvironment,
      logLevel: flags.log,
      retention: {
        endedMs: readRetention(flags.retainEnded),
        eventsMs: readRetention(flags.retainEvents),
      },
      trustProxies: flags.trustProxy?.map(readRange),
      metricsPort: flags.metricsPort === undefined ? undefined : readPort(flags.metricsPort),
    }),
  };
}

/** Throws `usage` for less than a day: what was just revoked must still be found. */
function readRetention(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms >= 86_400_000) return ms;
  throw new KeysError('usage', `kept for less than a day: ${JSON.stringify(text)}`, { hint: 'such as 400d' });
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new KeysError('usage', `not a port: ${JSON.stringify(text)}`, {
      hint: 'a number from 0 to 65535; the address goes to --host',
    });
  }
  return port;
}

function readHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) === 0 && bare !== 'localhost') {
    throw new KeysError('usage', `not an address: ${JSON.stringify(text)}`, {
      hint: 'an IP address in full, such as 127.0.0.1 or, for every interface, 0.0.0.0',
    });
  }
  return bare;
}

function readRange(text: string): string {
  try {
    parseIpRange(text);
    return text;
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    throw new KeysError('usage', `--trust-proxy: ${error.message}`, {
      ...(error.hint ? { hint: error.hint } : {}),
    });
  }
}
