import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { Provider } from '../../domain/provider.js';
import type { Resemblance } from '../../domain/recognise.js';
import { keyFields } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';
import type { Judgement, Reason } from '../judge-key.js';

/** What to do about each reason. */
const ADVICE: Readonly<Record<Reason, string>> = {
  malformed: 'it is too short, too long, or holds a character that no key has: copy it again, whole',
  mistyped: 'its checksum is wrong: a character was changed; copy it again',
  unknown: 'no such key here: is it for another service or profile?',
  disabled: 'it is paused: unpause it',
  revoked: 'create a new key',
  expired: 'create a new key, or take its successor where it was rolled',
  ip_not_allowed: 'it may be used from some addresses only: say which with --ip, or change its restrictions',
  referrer_not_allowed:
    'it may be used from some pages only: say which with --referrer, or change its restrictions',
  endpoint_not_allowed: 'it may be used for some endpoints only: say which with --method and --path',
  scope_missing: 'create or update a key that has the scope',
  rate_limited: 'it is good, and was used too often: try again in a while',
  quota_exceeded: 'it is good, and its quota is used up: raise the quota, or wait for the next period',
  used_up: 'every use that it had is used: create a new key',
  signature_missing: 'a pair is verified with both halves: two lines on stdin, the API key first',
  signature_wrong:
    'the secret key is not the one that belongs to this API key; are the halves of two pairs mixed?',
  not_accepted: 'unknown, revoked or expired: the vendor does not say which',
  payment_required: "the key may be good, but the account's subscription has ended",
  forbidden: 'the key is known, but lacks a permission for this',
  other_provider: 'it does not begin as keys of this provider do',
  wrong_environment: 'take the key of this environment, or the other profile',
  superseded: 'take its successor',
};

/**
 * One line of verdict, one of what to do. Throws `key_not_valid` for a key that is not, and `unsupported`
 * where that cannot be told.
 */
export async function showVerdict(
  judgement: Judgement,
  looksLike: readonly Resemblance[],
  provider: Provider,
  context: Context,
): Promise<void> {
  const output = context.output;
  const { valid, reason, advice, key } = judgement;
  const fields = key ? keyFields(key, context.clock.now(), output.human) : [];
  const seems = looksLike.map(({ title, environment }) => (environment ? `${title}, ${environment}` : title));
  const json = {
    valid,
    ...compact({ reason }),
    provider: provider.id,
    looks_like: looksLike.map(({ provider: id, environment, type }) =>
      compact({ provider: id, environment, type }),
    ),
    ...compact({ advice, key }),
  };
  const resemblance =
    output.human && seems.length > 0 ? [['looks like a key of', seems.join('; ')] as const] : [];
  if (valid) return await output.record(json, [['verdict', 'valid'], ...resemblance, ...fields]);
  if (valid === null) {
    await output.record(json, [['verdict', 'cannot tell'], ...resemblance, ...fields]);
    throw new KeysError('unsupported', `cannot verify this key: ${advice ?? ''}`, {
      hint: 'its format looks right; try it with the program that uses it',
    });
  }
  const told = reason ?? 'not_accepted';
  await output.record(json, [['verdict', `not valid: ${told}`], ...resemblance, ...fields]);
  throw new KeysError('key_not_valid', `the key is not valid: ${told.replaceAll('_', ' ')}`, {
    hint: advice ?? ADVICE[told],
    details: { reason: told },
  });
}
