import { randomUUID } from 'node:crypto';
import type { RequestListener, Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { type Clock, isoTime } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { CreatedKey } from '../../domain/key.js';
import { ROUTES } from '../../http/wire/routes.js';
import { createKeyActivity, type KeyActivity } from '../activity.js';
import { createClockWatch } from '../clock-watch.js';
import type { AuditsOfPolicy } from '../console/console-audit.js';
import type { ImportedSecrets } from '../imported-secrets.js';
import { createLastUses, type LastUses } from '../last-uses.js';
import { createLimitCounter, type LimitCounter } from '../limit-counter.js';
import { namedKeys } from '../named-keys.js';
import { type DatabaseLocation, openKeyDatabase } from '../open-key-database.js';
import { openKeyRules } from '../open-rules.js';
import type { Policy } from '../policies/policy.js';
import type { RetentionOptions } from '../retention.js';
import type { KeyRules } from '../rules.js';
import type { EncryptionKeySource } from '../secret-cipher.js';
import type { KeyStore } from '../store/key-store.js';
import { createSqlKeyStore } from '../store/sql-key-store.js';
import { startUpkeep } from '../upkeep.js';
import { createAdmission } from './admission.js';
import { type AppOptions, createApp } from './app.js';
import { createAuthorize, isAuthorize } from './authorize.js';
import { drain } from './drain.js';
import { publicFailure } from './failure-response.js';
import type { ServerLimits } from './limits.js';
import { listen, listeningUrl } from './listen.js';
import { ensureManagementKey } from './management-key.js';
import { createMetrics, type Metrics } from './metrics.js';
import { createMetricsListener } from './metrics-listener.js';
import { addConsole, withoutSecret } from './mount-console.js';
import { createOriginReader } from './origin.js';
import { originForm } from './origin-form.js';
import { createProcessMetrics } from './process-metrics.js';
import type { LogLevel } from './request-line.js';
import { readTls, type TlsFiles } from './tls.js';
import { createWebhooks } from './webhooks.js';

export interface ServeKeysOptions extends DatabaseLocation {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Listen here instead: a socket in the file system, or one that systemd has opened. */
  readonly socket?: { readonly path: string } | { readonly fd: number };
  /** Serve HTTPS; absent: plain HTTP. `/metrics` on its own port stays plain. */
  readonly tls?: TlsFiles;
  readonly clock: Clock;
  readonly version: string;
  readonly managementKey?: string;
  /** What this machine is called: the name of a management key that is created here. */
  readonly machine?: string;
  /** The policy that is asked for; absent: the database's own. */
  readonly policy?: string;
  /** See `OpenRulesOptions`. */
  readonly prefixes?: readonly string[];
  readonly hmacKeys?: readonly Uint8Array[];
  /** Needed where the policy has pairs. */
  readonly encryptionKey?: EncryptionKeySource;
  /** Where signed notices of what happens to pairs go: https, or loopback. */
  readonly webhookUrl?: string;
  /** The environment that `authorize` demands of keys where its request does not say: such as `live`. */
  readonly gatewayEnvironment?: string;
  /** Addresses (CIDR) of proxies whose forwarding headers are believed; default none. */
  readonly trustProxies?: readonly string[];
  /** Where `/metrics` is served without a key, on the same host; 0 takes a free one, absent: nowhere. */
  readonly metricsPort?: number;
  /** How long ended keys and events are kept; default: for ever. */
  readonly retention?: RetentionOptions;
  readonly limits?: Partial<ServerLimits>;
  /** Which requests are logged; default all. Failures of the service itself are logged in any case. */
  readonly logLevel?: LogLevel;
  /** Pages for browsers at `/console`; absent: there are none. */
  readonly console?: ServedConsole;
  /** A line of the request log. */
  readonly log: (line: string) => void;
  /** Milliseconds between two writes of the last uses; default 2,000. */
  readonly flushMs?: number;
  /** Milliseconds between two looks at the files of the database; default 1,000. */
  readonly watchMs?: number;
  /** Milliseconds between two looks for sealed responses that are too old; default 60,000. */
  readonly purgeMs?: number;
}

interface ServedConsole {
  /** Host names that browsers may use, beside `localhost` and IP addresses. */
  readonly hosts: readonly string[];
  /** What an audit finds of the keys. */
  readonly audit?: AuditsOfPolicy;
  /** Waits; milliseconds. Absent: the page of a long audit does not say how far it is. */
  readonly sleep?: (ms: number) => Promise<void>;
}

export interface RunningService {
  /** Such as `http://127.0.0.1:8787`, or `unix:/run/keys/keys.sock`. */
  readonly url: string;
  /** The address of `/metrics` on its own port; null where it has none. */
  readonly metricsUrl: string | null;
  /** Where the first start left the management key; null at later starts. */
  readonly managementKeyPath: string | null;
  /** Whether a key can manage the service: all of them may have been revoked with force. */
  readonly manageable: boolean;
  /** Whose rules are followed. */
  readonly policy: string;
  /** Keys that the policy has from the start, made just now. */
  readonly firstKeys: readonly CreatedKey[];
  /** Imported keys that cannot be used, because the HMAC key of their digest was not given. */
  readonly unusable: ImportedSecrets['unusable'];
  /**
   * Reads certificate and private key again, for new connections. Throws what `readTls` throws; then nothing
   * changes.
   */
  reloadTls(): void;
  /** Takes no more requests, lets those under way end (5 s at most), writes what is still to be written. */
  close(): Promise<void>;
}

/**
 * Starts the key service over HTTP. Throws `conflict` where a port is taken, `invalid_request` for what is no
 * CIDR range, and what `openKeyDatabase` throws.
 */
export async function serveKeys(options: ServeKeysOptions): Promise<RunningService> {
  const { clock, dataDir } = options;
  const store = createSqlKeyStore(await openKeyDatabase(options));
  try {
    const { webhookUrl: url, log } = options;
    const webhooks = url === undefined ? null : createWebhooks({ url, clock, log });
    const limitCounter = createLimitCounter(store, clock);
    const { rules, policy, firstKeys, imported } = await openKeyRules(store, clock, {
      ...options,
      limitCounter,
      ...(webhooks === null ? {} : { onEvent: webhooks.send }),
    });
    if (webhooks !== null) refuseUnsigned(policy);
    refuseOtherEnvironment(policy, options.gatewayEnvironment);
    const managementKeyPath = await ensureManagementKey(store, dataDir, clock, options);
    const lastUses = createLastUses(store, clock);
    const metrics = createMetrics(policy.environments, ROUTE_PATTERNS);
    const activity = createKeyActivity(store, clock, metrics);
    const listener = createListener(
      { rules, policy, lastUses, activity, limitCounter, store, metrics },
      options,
    );
    const servers = await listenTo(listener, metrics, options);
    const ofProcess = createProcessMetrics(openConnections(servers.keys));
    metrics.addSource(ofProcess.text);
    const clockWatch = createClockWatch(store, clock, options.log);
    metrics.addSource(clockWatch.text);
    const upkeep = await startUpkeep(store, [lastUses, activity, limitCounter], {
      ...options,
      refresh: async () => logUnusable(await imported.refresh(), options),
      minutely: clockWatch.look,
    });
    return {
      url: listeningUrl(servers.keys, options.tls),
      metricsUrl: servers.metrics === null ? null : `${listeningUrl(servers.metrics)}/metrics`,
      managementKeyPath,
      manageable: await store.canBeManaged(clock.now()),
      policy: policy.title,
      firstKeys,
      unusable: imported.unusable,
      reloadTls() {
        if (options.tls !== undefined) (servers.keys as TlsServer).setSecureContext(readTls(options.tls));
      },
      async close() {
        upkeep.stop();
        ofProcess.stop();
        await drainAll(servers);
        await webhooks?.close();
        try {
          await upkeep.flush();
        } finally {
          await store.close();
        }
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Keys that were imported while the server runs, which it cannot accept. */
function logUnusable(keys: ImportedSecrets['unusable'], { clock, log }: ServeKeysOptions): void {
  if (keys.length === 0) return;
  const error = `these imported keys cannot be used without their HMAC key, which this server was not given: ${namedKeys(keys)}`;
  log(JSON.stringify({ time: isoTime(clock.now()), error }));
}

/** The routes, as the framework names them. */
const ROUTE_PATTERNS = Object.values(ROUTES).map(({ path }) => path.replace('{id}', ':id'));

/** Counts a server's connections. */
function openConnections(server: Server): () => number {
  let open = 0;
  server.on('connection', (connection) => {
    open++;
    connection.once('close', () => open--);
  });
  return () => open;
}

interface Servers {
  readonly keys: Server;
  /** Null where metrics have no port of their own. */
  readonly metrics: Server | null;
}

async function listenTo(
  listener: RequestListener,
  metrics: Metrics,
  options: ServeKeysOptions,
): Promise<Servers> {
  const { host, port, socket } = options;
  const keys = await listen(listener, {
    address: socket ?? { host, port },
    ...compact({ limits: options.limits, tls: options.tls }),
  });
  if (options.metricsPort === undefined) return { keys, metrics: null };
  try {
    return {
      keys,
      metrics: await listen(createMetricsListener(metrics), {
        address: { host, port: options.metricsPort },
        ...compact({ limits: options.limits }),
      }),
    };
  } catch (error) {
    await drain(keys);
    throw error;
  }
}

async function drainAll({ keys, metrics }: Servers): Promise<void> {
  await drain(keys);
  if (metrics !== null) await drain(metrics);
}

/** Throws `usage` for an environment that no key of the policy has. */
function refuseOtherEnvironment({ id, environments }: Policy, wanted: string | undefined): void {
  if (wanted === undefined || environments.includes(wanted)) return;
  throw new KeysError('usage', `the gateway's environment: no key under the policy ${id} is of ${wanted}`, {
    hint: `one of ${environments.join(', ')}`,
  });
}

/** Notices are signed by the pair that they are about: a policy without pairs has none to send. */
function refuseUnsigned({ id, credential }: Policy): void {
  if (credential === 'pair') return;
  throw new KeysError('usage', `under the policy ${id} nothing could sign the notices of a webhook`, {
    hint: 'notices are sent under the policy tylt; GET /v1/events lists what happened under every policy',
  });
}

interface Parts {
  readonly rules: KeyRules;
  readonly policy: Policy;
  readonly lastUses: LastUses;
  readonly activity: KeyActivity;
  readonly limitCounter: LimitCounter;
  readonly store: KeyStore;
  readonly metrics: Metrics;
}

/** `authorize` before the framework, all else in it. */
function createListener(
  { rules, policy, lastUses, activity, limitCounter, store, metrics }: Parts,
  options: ServeKeysOptions,
): RequestListener {
  const { clock, log, logLevel = 'all', version, trustProxies = [] } = options;
  const readOrigin = createOriginReader(trustProxies);
  const admit = createAdmission({ rules, policy, lastUses, activity, limitCounter, clock, metrics });
  const { gatewayEnvironment: environment } = options;
  const authorize = createAuthorize({
    admit,
    policy,
    readOrigin,
    clock,
    metrics,
    log,
    logLevel,
    ...compact({ environment }),
  });
  let document: Promise<string> | undefined;
  const app = createApp({
    rules,
    policy,
    admit,
    noteRefused(key, reason) {
      metrics.refused(reason);
      activity.refused(key, reason);
    },
    readOrigin,
    metrics,
    clock,
    log,
    logLevel,
    ...pagesOf({ rules, policy, admit, lastUses, activity, readOrigin }, options),
    ready: () => store.ping(),
    openApi: () => {
      // Made once: a caller who requests it again and again must not slow down others.
      document ??= import('./open-api.js').then(({ openApiDocument }) =>
        JSON.stringify(openApiDocument(version, policy)),
      );
      return document;
    },
  });
  const others = getRequestListener(app.fetch as Parameters<typeof getRequestListener>[0]);
  return (incoming, outgoing) => {
    incoming.url = originForm(incoming.url);
    void (isAuthorize(incoming) ? authorize : others)(incoming, outgoing);
  };
}

/** The console of the service, where it has one. */
function pagesOf(
  parts: Parameters<typeof addConsole>[1],
  { clock, log, tls, console: pages }: ServeKeysOptions,
): Pick<AppOptions, 'addPages' | 'leadAway'> {
  if (pages === undefined) return {};
  return {
    leadAway: withoutSecret,
    addPages: (app) =>
      addConsole(
        app,
        { ...parts, ...compact({ audit: pages.audit }) },
        {
          clock,
          // Under TLS, a browser has checked the name already.
          hosts: tls === undefined ? pages.hosts : 'any',
          reveal: (error) => publicFailure(error, randomUUID(), log),
          ...compact({ sleep: pages.sleep }),
        },
      ),
  };
}
