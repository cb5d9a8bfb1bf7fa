import { KeysError } from '../../domain/errors.js';
import type { KeyType } from '../../domain/key.js';
import { isPublicPrefix, OWN_PREFIX, PREFIXES } from '../../domain/secret-format.js';
import type { Policy } from './policy.js';

/**
 * What keys begin with instead of the policy's own prefixes, by which keys: `''` (secret keys), an
 * environment, `public`, or `public.` and an environment. The most exact one counts.
 */
export type OwnPrefixes = Readonly<Record<string, string>>;

/** The word that asks for the policy's own prefixes again. */
const DEFAULT = 'default';

/**
 * Reads `acme_`, `live=acme_live_` and `public=acme_pub_`. Throws `usage` for what is no prefix, for one of
 * other keys, and where the policy has prefixes that its system gives.
 */
export function readOwnPrefixes(texts: readonly string[], policy: Policy): OwnPrefixes {
  if (policy.id !== 'keys') {
    throw new KeysError('usage', `under the policy ${policy.id}, keys begin as those of ${policy.title}`, {
      hint: 'prefixes of your own are for the policy keys',
    });
  }
  if (texts.length === 1 && texts[0] === DEFAULT) return {};
  const whose = new Set([
    '',
    'public',
    ...policy.environments,
    ...policy.environments.map((e) => `public.${e}`),
  ]);
  const prefixes: Record<string, string> = {};
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const [keys, prefix] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
    if (!whose.has(keys)) {
      throw new KeysError('usage', `a prefix: no such keys: ${JSON.stringify(keys)}`, {
        hint: `one of ${[...whose].filter(Boolean).join(', ')}, such as live=acme_live_`,
      });
    }
    refusePrefix(keys, prefix);
    if (prefixes[keys] !== undefined) {
      throw new KeysError(
        'usage',
        `two prefixes of ${keys === '' ? 'the same keys' : `the keys ${keys}`}: ${prefixes[keys]} and ${prefix}`,
        { hint: 'give one of them, or one by environment: live=acme_live_ test=acme_test_' },
      );
    }
    prefixes[keys] = prefix;
  }
  return prefixes;
}

function refusePrefix(keys: string, prefix: string): void {
  const fail = (what: string, hint: string): never => {
    throw new KeysError('usage', `a prefix: ${what}: ${JSON.stringify(prefix)}`, { hint });
  };
  if (!OWN_PREFIX.test(prefix)) {
    fail('not a prefix', 'at most 32 letters, digits, - and _, that begin with a letter and end with - or _');
  }
  if (PREFIXES.some((taken) => prefix.startsWith(taken) || taken.startsWith(prefix))) {
    fail('management keys begin like this', 'choose a word of your own, such as acme_');
  }
  const isPublic = keys.startsWith('public');
  if (isPublic && !isPublicPrefix(prefix)) {
    fail('public keys must be recognizable', 'let it hold pub or pk as a word, such as acme_pub_');
  }
  if (!isPublic && isPublicPrefix(prefix)) {
    fail('it looks like one of public keys', 'for those, write public=acme_pub_');
  }
}

/** The policy, whose keys begin with these. */
export function withOwnPrefixes(policy: Policy, own: OwnPrefixes): Policy {
  if (Object.keys(own).length === 0) return policy;
  return {
    ...policy,
    prefix: (type: KeyType, environment: string) =>
      (type === 'public' ? (own[`public.${environment}`] ?? own['public']) : (own[environment] ?? own[''])) ??
      policy.prefix(type, environment),
  };
}
