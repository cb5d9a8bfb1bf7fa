import { randomBytes } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import { generateSecret, randomBase62 } from '../domain/secret-format.js';
import { damagedRow } from '../storage/sql/stored-row.js';
import {
  bodyDigest,
  idempotencyDigest,
  openResponse,
  RESPONSE_KEPT_MS,
  sealResponse,
} from './one-time-response.js';
import type { Policy } from './policies/policy.js';
import type { Principal } from './principal.js';
import type { SecretCipher } from './secret-cipher.js';
import {
  type Asked,
  type KeyRow,
  type KeyStore,
  type OneTimeResponse,
  RepeatedRequest,
} from './store/key-store.js';
import { ONE_TIME_ANSWERS } from './store/stored-tables.js';
import { secretDigest } from './stored-digest.js';

/** A request that shows a secret once, as it is recognised when it is repeated. */
export interface CreationRequest {
  readonly principal: Principal;
  /** Method and path, with the id in it. */
  readonly route: string;
  readonly body: unknown;
  /** Absent: the request cannot be repeated. */
  readonly idempotencyKey?: string | undefined;
}

type Repeatable = CreationRequest & { readonly idempotencyKey: string };

/** A row that does not yet have what its secret gives it. */
export type RowToCreate = Omit<KeyRow, 'id' | 'digest' | 'prefix' | 'hint' | 'sealed_secret_key'>;

/**
 * A new row and its credential, which from here on is in the response alone. `cipher` is needed for a pair.
 */
export function createRow(
  described: RowToCreate,
  policy: Policy,
  cipher: SecretCipher | undefined,
  given?: string,
): { row: KeyRow; credential: Credential } {
  const prefix = policy.prefix(described.type, described.environment);
  const secret = given ?? generateSecret(prefix);
  const id = `key_${randomBase62(20)}`;
  const identified = { ...described, id, digest: secretDigest(secret), prefix, hint: secret.slice(-4) };
  if (policy.credential === 'secret') {
    return { row: { ...identified, sealed_secret_key: null }, credential: { secret } };
  }
  if (cipher === undefined) throw new TypeError('a pair needs the cipher for its signing half');
  const secret_key = randomBytes(32).toString('hex');
  return {
    row: { ...identified, sealed_secret_key: cipher.seal(secret_key, id) },
    credential: { api_key: secret, secret_key },
  };
}

/**
 * Creates a key so that a repeat of the same request within 24 hours has the same response, and only its
 * sender can have it; one without an idempotency key cannot be repeated. `commit` writes row and sealed
 * response in one transaction. Throws
 * `idempotency_mismatch` for another request under the same key and `response_gone` (with `key_id`) where the
 * response is no longer kept.
 */
export async function respondOnce<Response extends { readonly key: { readonly id: string } }>(
  store: KeyStore,
  clock: Clock,
  request: CreationRequest,
  response: () => Response,
  commit: (response: Response, asked: Asked) => Promise<void>,
): Promise<Response> {
  const { idempotencyKey } = request;
  const actor = request.principal.id;
  if (idempotencyKey === undefined) {
    const only = response();
    await commit(only, { actor, response: null });
    return only;
  }
  const digest = idempotencyDigest(idempotencyKey);
  const body_digest = bodyDigest(request.body);
  const repeated = async (): Promise<Response | null> => {
    const kept = await store.response(digest);
    return kept === null
      ? null
      : (replay(kept, { ...request, idempotencyKey }, body_digest, clock.now()) as Response);
  };
  const before = await repeated();
  if (before !== null) return before;
  const fresh = response();
  const now = clock.now();
  const bound = { principal: actor, route: request.route, body_digest, key_id: fresh.key.id };
  const sealed = sealResponse(idempotencyKey, bound, fresh);
  try {
    await commit(fresh, { actor, response: { ...bound, digest, created_at: now, sealed } });
    return fresh;
  } catch (error) {
    if (!(error instanceof RepeatedRequest)) throw error;
    const winner = await repeated();
    if (winner === null) throw error;
    return winner;
  }
}

function replay(kept: OneTimeResponse, request: Repeatable, body_digest: string, now: number): unknown {
  const same =
    kept.principal === request.principal.id &&
    kept.route === request.route &&
    kept.body_digest === body_digest;
  if (!same) {
    throw new KeysError('idempotency_mismatch', 'this idempotency key was used for another request', {
      hint: 'use a fresh one for each request',
    });
  }
  if (kept.sealed === null || now - kept.created_at > RESPONSE_KEPT_MS) {
    throw new KeysError(
      'response_gone',
      'this request was handled before, and its response is no longer kept',
      {
        hint: `revoke ${kept.key_id} and create the key anew`,
        details: { key_id: kept.key_id },
      },
    );
  }
  try {
    return openResponse(request.idempotencyKey, kept, kept.sealed);
  } catch {
    // The key is the one that made the digest, and the request is the same.
    throw damagedRow(
      ONE_TIME_ANSWERS,
      { digest: kept.digest },
      `sealed cannot be decrypted (${kept.key_id})`,
    );
  }
}
