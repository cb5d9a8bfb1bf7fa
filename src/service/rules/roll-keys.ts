import { KeysError } from '../../domain/errors.js';
import { graceSeconds } from '../../domain/grace.js';
import type { RolledKey } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import { ROUTES } from '../../http/wire/routes.js';
import { createRow, respondOnce } from '../create-row.js';
import { keyRecord, statusOf } from '../key-record.js';
import { policyOf } from '../policies/find-policy.js';
import type { Policy } from '../policies/policy.js';
import { type Principal, requireReach } from '../principal.js';
import { readRequest } from '../read-request.js';
import { requirePower, requireWithin } from '../rights.js';
import type { KeyRow } from '../store/key-store.js';
import type { Caller } from './caller.js';
import { encryptionKeyGuard } from './encryption-key-guard.js';
import { newRow } from './new-row.js';
import { requirePolicy } from './require-policy.js';
import type { ServedKeys } from './served-keys.js';

/** Replaces keys. */
export function rollKeys(caller: Caller): Pick<ServedKeys, 'roll'> {
  const { principal, store, clock, policy: databasePolicy, cipher, tell, find } = caller;
  return {
    async roll(id, input, { idempotencyKey }) {
      const owner = requireReach(principal, ROUTES.roll.scope);
      const request = await readRequest('rollRequest', input);
      const old = await find(id, owner);
      requirePower(principal, old);
      const policy = policyOf(old, databasePolicy);
      await requirePolicy(store, databasePolicy);
      const { encryptionKey } = await encryptionKeyGuard(caller, policy);
      const seconds = graceSeconds({ title: policy.title, grace: policy.roll }, request.grace_seconds);
      const route = `${ROUTES.roll.method} ${ROUTES.roll.path.replace('{id}', id)}`;
      let successor: KeyRow | undefined;
      let end = 0;
      const rolled = await respondOnce<RolledKey>(
        store,
        clock,
        { principal, route, body: request, idempotencyKey },
        () => {
          const now = clock.now();
          refuseRoll(old, now);
          end = Math.min(now + seconds * 1000, old.expires_at ?? Number.POSITIVE_INFINITY);
          const heir = successorOf(old, policy, principal, now);
          requireWithin(principal, heir);
          const created = createRow(heir, policy, cipher);
          successor = created.row;
          const previous = { ...old, expires_at: end, rolled_to: created.row.id };
          return {
            key: keyRecord(created.row, now),
            credential: created.credential,
            previous: keyRecord(previous, now),
          };
        },
        async (_, by) => {
          if (!successor) return;
          const now = successor.created_at;
          if (await store.succeed({ id, expires_at: end, now }, successor, by, encryptionKey)) return;
          refuseRoll(await find(id), now);
          throw new KeysError('conflict', `the key changed while it was rolled: ${id}`, {
            hint: 'try again',
          });
        },
      );
      if (successor?.id === rolled.key.id) tell('key.rolled', successor);
      return rolled;
    },
  };
}

/**
 * The same key once more: what it may do is the same; its age and use begin anew. It works for as long as the
 * old key did from its creation, but never longer than the key that creates it.
 */
function successorOf(old: KeyRow, policy: Policy, creator: Principal, now: number) {
  const own = old.expires_at === null ? Number.POSITIVE_INFINITY : now + old.expires_at - old.created_at;
  const end = Math.min(own, creator.expires_at ?? Number.POSITIVE_INFINITY);
  const expires_at = Number.isFinite(end) ? end : null;
  const fresh = newRow({ name: old.name }, policy, now);
  return { ...fresh, ...inherited(old), expires_at, rolled_from: old.id } as const;
}

/**
 * Every member of a create, so that the compiler asks for one that is missing here. Name and expiry have
 * their own rules.
 */
type Inherited = Pick<KeyRow, Exclude<keyof CreateKey & keyof KeyRow, 'name' | 'expires_at'>>;

function inherited(old: KeyRow): Inherited {
  const { type, environment, service, scopes, restrictions, limits, owner, metadata } = old;
  return { type, environment, service, scopes, restrictions, limits, owner, metadata };
}

function refuseRoll(old: KeyRow, now: number): void {
  const status = statusOf(old, now);
  if (status === 'active') return;
  const reason = {
    retiring: 'was rolled already',
    revoked: 'is revoked',
    expired: 'has expired',
    paused: 'is paused',
  }[status];
  const hint = status === 'paused' ? 'unpause it first' : 'create a new key';
  throw new KeysError('conflict', `this key ${reason}: ${old.id}`, {
    hint: old.rolled_to === null ? hint : `its successor is ${old.rolled_to}`,
    details: { status, rolled_to: old.rolled_to },
  });
}
