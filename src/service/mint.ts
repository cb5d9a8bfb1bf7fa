import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import type { KeyType } from '../domain/key.js';
import { generateSecret, randomBase62 } from '../domain/secret-format.js';
import { secretDigest } from './authenticate.js';
import { ANSWER_KEPT_MS, bodyDigest, idempotencyDigest, openAnswer, sealAnswer } from './one-time-answer.js';
import type { Principal } from './principal.js';
import { type KeyRow, type KeyStore, type OneTimeAnswer, RepeatedRequest } from './store/key-store.js';

/** A request that shows a secret once, as it is recognised when it is repeated. */
export interface MintRequest {
  readonly principal: Principal;
  /** Method and path, with the id in it. */
  readonly route: string;
  readonly body: unknown;
  readonly idempotencyKey: string;
}

/** A row that does not yet have what its secret gives it. */
export type Unminted = Omit<KeyRow, 'id' | 'digest' | 'prefix' | 'hint'>;

/** The prefix of a type and environment: `sk_live_`, `pk_test_`. */
function prefixOf(type: KeyType, environment: string): string {
  return `${type === 'secret' ? 'sk' : 'pk'}_${environment}_`;
}

/** A new row and its secret, which from here on is in the answer alone. */
export function mintRow(unminted: Unminted, given?: string): { row: KeyRow; secret: string } {
  const prefix = prefixOf(unminted.type, unminted.environment);
  const secret = given ?? generateSecret(prefix);
  const row = {
    ...unminted,
    id: `key_${randomBase62(20)}`,
    digest: secretDigest(secret),
    prefix,
    hint: secret.slice(-4),
  };
  return { row, secret };
}

/**
 * Runs a mint so that a repeat of the same request within 24 hours has the same answer, and only its sender can have it.
 * `commit` writes row and sealed answer in one transaction. Throws `idempotency_mismatch` for another request under the
 * same key and `answer_gone` (with `key_id`) where the answer is no longer kept.
 */
export async function mintOnce<Answer extends { readonly key: { readonly id: string } }>(
  store: KeyStore,
  clock: Clock,
  request: MintRequest,
  answer: () => Answer,
  commit: (answer: Answer, kept: OneTimeAnswer) => Promise<void>,
): Promise<Answer> {
  const digest = idempotencyDigest(request.idempotencyKey);
  const body_digest = bodyDigest(request.body);
  const repeated = async (): Promise<Answer | null> => {
    const kept = await store.answer(digest);
    return kept === null ? null : (replay(kept, request, body_digest, clock.now()) as Answer);
  };
  const before = await repeated();
  if (before !== null) return before;
  const fresh = answer();
  const now = clock.now();
  const bound = { principal: request.principal.id, route: request.route, body_digest, key_id: fresh.key.id };
  try {
    await commit(fresh, {
      ...bound,
      digest,
      created_at: now,
      sealed: sealAnswer(request.idempotencyKey, bound, fresh),
    });
    return fresh;
  } catch (error) {
    if (!(error instanceof RepeatedRequest)) throw error;
    const winner = await repeated();
    if (winner === null) throw error;
    return winner;
  }
}

function replay(kept: OneTimeAnswer, request: MintRequest, body_digest: string, now: number): unknown {
  const same =
    kept.principal === request.principal.id &&
    kept.route === request.route &&
    kept.body_digest === body_digest;
  if (!same) {
    throw new KeysError('idempotency_mismatch', 'this idempotency key was used for another request', {
      hint: 'use a fresh one for each request',
    });
  }
  if (kept.sealed === null || now - kept.created_at > ANSWER_KEPT_MS) {
    throw new KeysError('answer_gone', 'this request was answered before, and its answer is no longer kept', {
      hint: `revoke ${kept.key_id} and create the key anew`,
      details: { key_id: kept.key_id },
    });
  }
  return openAnswer(request.idempotencyKey, kept, kept.sealed);
}
