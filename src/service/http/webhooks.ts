import { setTimeout as delay } from 'node:timers/promises';
import { request } from 'undici';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { signBytes } from '../../domain/signatures.js';
import { receiveBody } from '../../http/receive-body.js';
import type { OnKeyEvent } from '../rules/caller.js';

export interface WebhookOptions {
  /** https, or a loopback address. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Milliseconds before the first repetition, doubled each time; default 500. */
  readonly backoffMs?: number;
}

export interface Webhooks {
  /**
   * Sends a notice signed by the pair that it is about, off the request's path. A key that is no pair has
   * nothing to sign with.
   */
  readonly send: OnKeyEvent;
  /** Waits for what is under way, bounded. */
  close(): Promise<void>;
}

const SIGNATURE_HEADER = 'x-tlp-signature';
const TRIES = 4;
const TIMEOUT_MS = 5_000;
/** The response body that acknowledges a notice. */
const TAKEN = 'ok';
/** Most bytes of a response that are read: a receiver must not fill the server's memory. */
const MOST_RESPONSE_BYTES = 4_096;
/** The largest number of notices in flight. Further ones are logged and dropped. */
const MOST = 1_000;

/** Throws `usage` for an address that would send notices over a network in clear text. */
export function createWebhooks({ url, clock, log, backoffMs = 500 }: WebhookOptions): Webhooks {
  const { protocol, hostname, host } = new URL(url);
  if (protocol !== 'https:' && !/^(127\.\d+\.\d+\.\d+|\[::1\]|localhost)$/.test(hostname)) {
    // The whole address is left out: it may hold a password.
    throw new KeysError('usage', `the webhook URL must use https or be local: ${protocol}//${host}`);
  }
  const underWay = new Set<Promise<void>>();
  const stopping = new AbortController();

  async function deliver(body: string, signature: string): Promise<void> {
    for (let tried = 1; ; tried++) {
      const problem = await attempt(body, signature);
      if (problem === null) return;
      if (tried === TRIES || stopping.signal.aborted) {
        log(JSON.stringify({ time: new Date(clock.now()).toISOString(), error: `webhook: ${problem}` }));
        return;
      }
      await delay(backoffMs * 2 ** (tried - 1), undefined, { signal: stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  async function attempt(body: string, signature: string): Promise<string | null> {
    try {
      const response = await request(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: signature },
        body,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const limits = { maxBytes: MOST_RESPONSE_BYTES, url };
      const text = Buffer.from(await receiveBody(response.body, {}, limits)).toString('utf8');
      return response.statusCode === 200 && text.trim() === TAKEN
        ? null
        : `responded with ${response.statusCode}, not 200 ${TAKEN}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  return {
    send(type, key, secretKey) {
      if (secretKey === null) return;
      if (underWay.size >= MOST) {
        log(
          JSON.stringify({ time: new Date(clock.now()).toISOString(), error: 'webhook: too many under way' }),
        );
        return;
      }
      const body = JSON.stringify({ type, key });
      const sending = deliver(body, signBytes(secretKey, body)).finally(() => underWay.delete(sending));
      underWay.add(sending);
    },
    async close() {
      stopping.abort();
      await Promise.all(underWay);
    },
  };
}
