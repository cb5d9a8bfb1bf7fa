import { KeysError } from '../../domain/errors.js';
import type { InvalidReason } from '../../domain/key-service.js';
import { shownTime } from '../../domain/whole-seconds.js';
import type { AuthenticationFacts } from '../authenticate.js';
import type { CheckedKey } from '../store/key-store.js';
import { holdsAnySecret } from './address.js';
import { isForbidden } from './caller.js';

/**
 * What a refusal may tell: what the caller has sent, and of a key that they hold, its own end and
 * environment.
 */
interface Seen {
  /** Absent where no such key is known. */
  readonly row?: CheckedKey | undefined;
  readonly facts: AuthenticationFacts;
}

/** Message and hint of a refusal. */
type Explain = (seen: Seen) => readonly [message: string, hint: string];

const WAY_ON = 'create a new key, or ask whoever manages the keys for one';

const EXPLANATIONS: Readonly<Record<InvalidReason, Explain>> = {
  malformed: () => [
    'the key is not whole, or holds a character that no key has',
    'copy the whole key again: without quotation marks, and not the name that an example has in its place',
  ],
  mistyped: () => ['the key is mistyped: its checksum is wrong', 'copy the key again; do not type it'],
  unknown: () => ['no such key', 'is it a key of this service?'],
  revoked: ({ row }) => [`the key was revoked${since(row?.revoked_at)}`, WAY_ON],
  disabled: () => ['the key is paused', 'ask whoever manages the keys to unpause it'],
  expired: ({ row }) => [`the key expired${since(row?.expires_at)}`, WAY_ON],
  wrong_environment: ({ row, facts }) => [
    `this is a ${row?.environment} key`,
    `use a ${facts.environment} key here`,
  ],
  ip_not_allowed: ({ facts }) => [
    `the key may not be used from ${facts.ip ?? 'an unknown address'}`,
    'the key is restricted to other addresses; behind a proxy, the service must trust that proxy',
  ],
  referrer_not_allowed: ({ facts }) => [
    facts.referrer === undefined
      ? 'the key may be used from certain pages only, and the request names no page'
      : `the key may not be used from the page ${shown(facts.referrer)}`,
    'the key is restricted to other pages; the Referer header names the page',
  ],
  endpoint_not_allowed: ({ facts }) => [
    `the key may not be used for ${facts.method ?? 'a request'} ${shown(facts.path ?? 'without a path')}`,
    'the key is restricted to other endpoints; paths with //, .., ; or encoded slashes are never allowed',
  ],
  scope_missing: ({ facts }) => [`the key lacks the scope ${facts.scope}`, 'use a key that has this scope'],
  rate_limited: () => ['the key was used too often', 'wait as long as Retry-After says'],
  quota_exceeded: () => ['the quota of the key is used up', 'it begins anew after what Retry-After says'],
  used_up: () => ['all uses of the key are used up', WAY_ON],
  signature_missing: () => ['the request is not signed', 'sign it with the secret key of the pair'],
  signature_wrong: () => [
    'the signature does not fit the request',
    'sign exactly the bytes that are sent, with the secret key of this pair',
  ],
};

/** The error for a key that was refused: 401, or 403 for a key that is not for this request. */
export function refusal(reason: InvalidReason, seen: Seen): KeysError {
  const [message, hint] = EXPLANATIONS[reason](seen);
  const { facts, row } = seen;
  return new KeysError(isForbidden(reason) ? 'forbidden' : 'unauthenticated', message, {
    hint,
    details: {
      reason,
      ...(reason === 'scope_missing' ? { scope: facts.scope } : {}),
      ...(reason === 'wrong_environment' ? { environment: row?.environment } : {}),
    },
  });
}

function since(at: number | null | undefined): string {
  return at === null || at === undefined ? '' : ` at ${shownTime(at)}`;
}

/**
 * Without its query, which may hold what belongs in no message, and not endless. A secret is not repeated.
 */
function shown(address: string): string {
  const [path = ''] = address.split(/[?#]/, 1);
  return holdsAnySecret(path) ? '(an address that holds a secret)' : path.slice(0, 200);
}
