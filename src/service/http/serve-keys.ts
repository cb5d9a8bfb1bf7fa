import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import type { IssuedKey } from '../../domain/key.js';
import { createLastUses } from '../last-uses.js';
import { ANSWER_KEPT_MS } from '../one-time-answer.js';
import { type DatabasePlace, openKeyDatabase } from '../open-key-database.js';
import { openKeyRules } from '../open-rules.js';
import type { EncryptionKeySource } from '../secret-cipher.js';
import { createSqlKeyStore } from '../store/sql-key-store.js';
import { createApp } from './app.js';
import { ensureManagementKey } from './management-key.js';
import { createWebhooks } from './webhooks.js';

export interface ServeKeysOptions extends DatabasePlace {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly version: string;
  readonly managementKey?: string;
  /** The policy that is asked for; absent: the database's own. */
  readonly policy?: string;
  /** Needed where the policy has pairs. */
  readonly encryptionKey?: EncryptionKeySource;
  /** Where signed notices of what happens to pairs go: https, or loopback. */
  readonly webhookUrl?: string;
  /** A line of the request log. */
  readonly log: (line: string) => void;
  /** Milliseconds between two writes of the last uses; default 2,000. */
  readonly flushMs?: number;
  /** Milliseconds between two looks for sealed answers that are too old; default 60,000. */
  readonly purgeMs?: number;
}

export interface RunningService {
  /** Such as `http://127.0.0.1:8787`. */
  readonly url: string;
  /** Where the first start left the management key; null at later starts. */
  readonly managementKeyPath: string | null;
  /** Whose rules are followed. */
  readonly policy: string;
  /** Keys that the policy has from the start, made just now. */
  readonly firstKeys: readonly IssuedKey[];
  /** Takes no more requests, lets those under way end (5 s at most), writes what is still to be written. */
  close(): Promise<void>;
}

/** Longest that a shutdown waits for requests under way. */
const DRAIN_MS = 5_000;

/** Starts the key service over HTTP. Throws `conflict` where the port is taken, and what `openKeyDatabase` throws. */
export async function serveKeys(options: ServeKeysOptions): Promise<RunningService> {
  const { clock, dataDir } = options;
  const store = createSqlKeyStore(await openKeyDatabase(options));
  try {
    const webhooks =
      options.webhookUrl === undefined
        ? null
        : createWebhooks({ url: options.webhookUrl, clock, log: options.log });
    const { rules, policy, firstKeys } = await openKeyRules(store, clock, {
      ...options,
      ...(webhooks === null ? {} : { onEvent: webhooks.send }),
    });
    const managementKeyPath = await ensureManagementKey(store, dataDir, clock, options.managementKey);
    const lastUses = createLastUses(store, clock);
    const app = createApp({
      rules,
      policy,
      lastUses,
      clock,
      log: options.log,
      ready: () => store.ping(),
      openApi: async () => (await import('./open-api.js')).openApiDocument(options.version),
    });
    const server = await listen(app.fetch, options);
    const failed = () =>
      options.log(
        JSON.stringify({
          time: new Date(clock.now()).toISOString(),
          error: 'upkeep of the database failed; it is tried again',
        }),
      );
    const flushing = setInterval(() => void lastUses.flush().catch(failed), options.flushMs ?? 2_000);
    const purge = async () => {
      await store.dropSealedBefore(clock.now() - ANSWER_KEPT_MS);
      await store.eraseDropped();
    };
    await purge();
    const purging = setInterval(() => void purge().catch(failed), options.purgeMs ?? 60_000);
    return {
      url: addressOf(server),
      managementKeyPath,
      policy: policy.title,
      firstKeys,
      async close() {
        clearInterval(flushing);
        clearInterval(purging);
        await drain(server);
        await webhooks?.close();
        try {
          await lastUses.flush();
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

function listen(
  fetch: ReturnType<typeof createApp>['fetch'],
  { host, port }: ServeKeysOptions,
): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = serve(
      {
        fetch: fetch as Parameters<typeof serve>[0]['fetch'],
        hostname: host,
        port,
        serverOptions: { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16 * 1024 },
      },
      () => resolve(server),
    ) as Server;
    server.maxRequestsPerSocket = 10_000;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.code;
      reject(
        new KeysError('conflict', `cannot listen on ${host}:${port}: ${why}`, {
          hint: 'take another --port, or 0 for a free one',
          cause: error,
        }),
      );
    });
  });
}

function addressOf(server: Server): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function drain(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
