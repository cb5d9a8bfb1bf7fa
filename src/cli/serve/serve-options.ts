import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { Option } from '@commander-js/extra-typings';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { parseIpRange } from '../../domain/restrictions.js';
import { UNIX } from '../../service/http/origin.js';
import type { LogLevel } from '../../service/http/request-line.js';
import type { TlsFiles } from '../../service/http/tls.js';
import { machineName } from '../../storage/user-name.js';
import type { Context } from '../context.js';
import { readDuration } from '../options/read-duration.js';
import { type DatabaseFlags, readPlace } from './database-address.js';

export interface ServeFlags extends DatabaseFlags {
  readonly config?: string;
  readonly listen?: string;
  readonly databaseConnections?: string;
  readonly databaseConnectTimeout?: string;
  readonly databaseStatementTimeout?: string;
  readonly port: string;
  readonly host: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly policy?: string;
  readonly prefix?: readonly string[];
  readonly hmacKey?: readonly string[];
  readonly webhookUrl?: string;
  readonly trustProxy?: readonly string[];
  readonly console: boolean;
  readonly consoleHost?: readonly string[];
  readonly metricsPort?: string;
  readonly gatewayEnvironment?: string;
  readonly log: LogLevel;
  readonly retainEnded?: string;
  readonly retainEvents?: string;
}

export const connectionsOption = () =>
  new Option('--database-connections <number>', 'most connections to PostgreSQL at once (default: 10)');

export const connectTimeoutOption = () =>
  new Option(
    '--database-connect-timeout <time>',
    'longest wait for a connection to PostgreSQL, such as 3s (default: 5s)',
  );

export const statementTimeoutOption = () =>
  new Option(
    '--database-statement-timeout <time>',
    'longest that PostgreSQL works on one statement, such as 3s (default: 10s); a response is awaited 5 s longer',
  );

export const retainEndedOption = () =>
  new Option(
    '--retain-ended <time>',
    'delete keys this long after they were revoked or expired, such as 400d (default: never)',
  );

export const retainEventsOption = () =>
  new Option(
    '--retain-events <time>',
    'delete events of the audit trail and counts of uses after this time, such as 400d (default: never)',
  );

export const logOption = () =>
  new Option('--log <which>', 'which requests are logged, as lines of JSON on stderr')
    .choices(['off', 'errors', 'all'] as const)
    .default('all' as const);

/** What the flags of `serve` say of the server. Throws `usage` for a malformed value. */
export function readServeOptions(flags: ServeFlags, context: Pick<Context, 'env' | 'process'>) {
  const { env } = context;
  const { database, dataDir } = readPlace(flags, env);
  const socket = readSocket(flags.listen, context);
  if (flags.trustProxy?.includes(UNIX) && (socket === undefined || !('path' in socket)))
    throw new KeysError('usage', '--trust-proxy unix is for --listen unix:<path>');
  return {
    host: readHost(flags.host),
    port: readPort(flags.port),
    ...compact({
      socket,
      tls: readTlsFiles(flags, context.process.directory),
      dataDir,
      database:
        database === undefined
          ? undefined
          : {
              address: database,
              env,
              ...compact({
                connections: readConnections(flags.databaseConnections),
                connectMs: readTimeout('--database-connect-timeout', flags.databaseConnectTimeout),
                statementMs: readTimeout('--database-statement-timeout', flags.databaseStatementTimeout),
              }),
            },
      managementKey: env['KEYS_MANAGEMENT_KEY'] || undefined,
      machine: machineName(env),
      prefixes: flags.prefix,
      webhookUrl: flags.webhookUrl,
      gatewayEnvironment: flags.gatewayEnvironment,
      logLevel: flags.log,
      retention: {
        endedMs: readRetention('--retain-ended', flags.retainEnded),
        eventsMs: readRetention('--retain-events', flags.retainEvents),
      },
      trustProxies: flags.trustProxy?.map(readRange),
      metricsPort: flags.metricsPort === undefined ? undefined : readPort(flags.metricsPort),
    }),
  };
}

function readTlsFiles({ tlsCert, tlsKey }: ServeFlags, directory: string): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert !== undefined && tlsKey !== undefined)
    return { cert: resolve(directory, tlsCert), key: resolve(directory, tlsKey) };
  throw new KeysError('usage', '--tls-cert and --tls-key go together');
}

/** Throws `usage` for less than a day: what was just revoked must still be found. */
function readRetention(
  option: '--retain-ended' | '--retain-events',
  text: string | undefined,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = readDuration(option, text);
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

function readConnections(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,3}$/.test(text) && Number(text) >= 2) return Number(text);
  throw new KeysError('usage', `not a number of connections: ${JSON.stringify(text)}`, {
    hint: 'from 2 to 999',
  });
}

/** Throws `usage` for less than a second, which a busy database would miss, and for more than an hour. */
function readTimeout(
  option: '--database-connect-timeout' | '--database-statement-timeout',
  text: string | undefined,
): number | undefined {
  if (text === undefined) return undefined;
  const ms = readDuration(option, text);
  if (ms >= 1_000 && ms <= 3_600_000) return ms;
  throw new KeysError('usage', `${option}: not a timeout: ${JSON.stringify(text)}`, {
    hint: 'from 1s to 1h, such as 10s',
  });
}

/** A socket that systemd passes comes first: the unit decides where the service listens. */
function readSocket(
  text: string | undefined,
  context: Pick<Context, 'env' | 'process'>,
): { path: string } | { fd: number } | undefined {
  const { env } = context;
  if (env['LISTEN_PID'] === String(context.process.pid) && env['LISTEN_FDS'] !== undefined) {
    if (env['LISTEN_FDS'] === '1') return { fd: FIRST_PASSED };
    throw new KeysError('usage', `systemd passes ${env['LISTEN_FDS']} sockets, where one is expected`);
  }
  if (text === undefined) return undefined;
  if (text.startsWith('unix:') && text.length > 5)
    return { path: resolve(context.process.directory, text.slice(5)) };
  throw new KeysError('usage', `not a socket: ${JSON.stringify(text)}`, {
    hint: 'unix:/run/keys/keys.sock; an address and port go to --host and --port',
  });
}

/** Where systemd passes sockets. Source: sd_listen_fds(3). */
const FIRST_PASSED = 3;

/** Names as browsers send them in `Host`, without a port. Throws `usage`. */
export function readConsoleHosts(names: readonly string[]): readonly string[] {
  const wrong = names.find((name) => !/^[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(name));
  if (wrong === undefined) return names;
  throw new KeysError('usage', `not a host name: ${JSON.stringify(wrong)}`, {
    hint: 'the name alone, without a scheme or a port: --console-host keys.example.com',
  });
}

function readRange(text: string): string {
  if (text === UNIX) return text;
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
