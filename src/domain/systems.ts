import { ENVIRONMENTS, KEY_TYPES } from './key.js';
import type { Grace, Provider, SecretPrefix } from './provider.js';

/** What is true of a system's keys, whether its vendor or our own service manages them. */
export interface SystemFacts extends Pick<Provider, 'id' | 'title' | 'environments' | 'types'> {
  /** Prefixes of secrets; empty if the system's keys have none. */
  readonly prefixes: readonly SecretPrefix[];
  /** How long the old key works after a roll. Null: the system has no roll. */
  readonly grace: Grace | null;
  /** The header that a request carries the key in, in lower case. */
  readonly header: string;
  /** The header of a request's signature, for keys that are pairs. */
  readonly signatureHeader?: string;
  /**
   * Whether creating a key revokes the previous key of the same service and environment. If so, a create must
   * name both.
   */
  readonly supersedes: boolean;
  /** Whether a key can be restricted to addresses, pages and endpoints. */
  readonly restrictions: boolean;
}

const COMMON = {
  environments: ['live'],
  types: ['secret'],
  prefixes: [],
  grace: null,
  header: 'authorization',
  supersedes: false,
  restrictions: false,
} as const satisfies Partial<SystemFacts>;

const HALF_A_DAY = 12 * 3600;

/** The systems that our service can act as, and that are providers too. */
export const SYSTEMS = {
  keys: {
    ...COMMON,
    id: 'keys',
    title: 'key service',
    environments: ENVIRONMENTS,
    types: KEY_TYPES,
    prefixes: KEY_TYPES.flatMap((type) =>
      ENVIRONMENTS.map((environment) => ({
        prefix: `${type === 'secret' ? 'sk' : 'pk'}_${environment}_`,
        environment,
        type,
      })),
    ),
    grace: { kind: 'any', defaultSeconds: HALF_A_DAY },
    restrictions: true,
  },
  trustSwiftly: { ...COMMON, id: 'trust-swiftly', title: 'Trust Swiftly' },
  swiftsell: {
    ...COMMON,
    id: 'swiftsell',
    title: 'Swiftsell',
    prefixes: [{ prefix: 'ss_' }],
    header: 'x-api-key',
  },
  tylt: {
    ...COMMON,
    id: 'tylt',
    title: 'Tylt',
    environments: ['production', 'demo'],
    grace: { kind: 'none' },
    header: 'x-tlp-apikey',
    signatureHeader: 'x-tlp-signature',
    supersedes: true,
  },
  jahuty: {
    ...COMMON,
    id: 'jahuty',
    title: 'Jahuty',
    types: KEY_TYPES,
    grace: { kind: 'fixed', seconds: HALF_A_DAY },
  },
} as const satisfies Readonly<Record<string, SystemFacts>>;

/**
 * A provider's title inside a sentence, after `of`: a key service has no name of its own, so it gets an
 * article.
 */
export function titleInSentence({ title }: Pick<Provider, 'title'>): string {
  return title === SYSTEMS.keys.title ? `a ${title}` : title;
}
