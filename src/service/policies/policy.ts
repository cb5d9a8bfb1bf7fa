import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import type { KeyType } from '../../domain/key.js';
import type { Grace } from '../../domain/provider.js';
import { SCOPE_ALL } from '../../domain/scopes.js';
import type { SystemFacts } from '../../domain/systems.js';
import type { KeyRow } from '../store/key-store.js';

/** A form in which a key may come with a request. */
interface Placement {
  /** In lower case. */
  readonly header: string;
  /** `bearer`: after the word Bearer; `bare`: the key alone. Any header but `authorization` takes both. */
  readonly form: 'bearer' | 'bare';
}

/** At most so many requests of one key in so many seconds. */
export interface RateLimit {
  readonly requests: number;
  readonly seconds: number;
}

/** What one system asks of the key service: data, over rules that the service has once. */
export interface Policy {
  readonly id: string;
  readonly title: string;
  /** The first is the default. */
  readonly environments: readonly string[];
  readonly types: readonly KeyType[];
  readonly credential: 'secret' | 'pair';
  /** What a secret begins with; empty where the system's keys have no such beginning. */
  prefix(type: KeyType, environment: string): string;
  /** Whether a key may be given scopes, and restrictions. */
  readonly scopes: boolean;
  readonly restrictions: boolean;
  /** Whether a key may do what a scope stands for. */
  grants(key: Pick<KeyRow, 'type' | 'scopes'>, scope: string): boolean;
  readonly placements: readonly Placement[];
  /** Header of the signature, for pairs. */
  readonly signatureHeader?: string;
  /** Whether a request without a User-Agent gets status 403. */
  readonly userAgentRequired: boolean;
  readonly rateLimits: readonly RateLimit[];
  /** `error_type`: `error_type` and `error_message` beside the members of the problem document. */
  readonly errors: 'problem' | 'error_type';
  /** Null: keys cannot be rolled. */
  readonly roll: Grace | null;
  /** Whether creating a key revokes the previous key of the same service and environment. */
  readonly supersedes: boolean;
  /** Keys that the first start creates. */
  readonly firstKeys: ReadonlyArray<{ readonly name: string; readonly type: KeyType }>;
}

/** What a client needs to know of the rules that this service follows. */
export function policyFacts({ id, title, environments, types, credential }: Policy) {
  return { id, title, environments, types, credential };
}

/** The policy of a system: what its facts say, and the rules that are given beside them. */
export function policyOn(facts: SystemFacts, rules: Partial<Policy> = {}): Policy {
  const { id, title, environments, types, prefixes, grace, header, signatureHeader } = facts;
  const { supersedes, restrictions } = facts;
  return {
    ...{
      id,
      title,
      environments,
      types,
      supersedes,
      restrictions,
      roll: grace,
      ...compact({ signatureHeader }),
    },
    credential: signatureHeader === undefined ? 'secret' : 'pair',
    prefix: (type, environment) =>
      prefixes.find(
        (each) => (each.type ?? type) === type && (each.environment ?? environment) === environment,
      )?.prefix ?? '',
    scopes: false,
    grants: (_key, scope) => !isManagementScope(scope),
    placements: [{ header, form: header === 'authorization' ? 'bearer' : 'bare' }],
    userAgentRequired: false,
    rateLimits: [],
    errors: 'problem',
    firstKeys: [],
    ...rules,
  };
}

/** Whether a scope is about keys themselves: no system's ordinary key has those. */
export function isManagementScope(scope: string): boolean {
  return scope === SCOPE_ALL || scope.startsWith('keys:');
}

/** Whether a key manages keys. Such keys are the same under every policy. */
export function isManagement(scopes: readonly string[] | undefined): boolean {
  return scopes?.some(isManagementScope) ?? false;
}

/**
 * Throws `invalid_request` for an environment that no key has under this policy: it would refuse every key,
 * or list none.
 */
export function refuseUnknownEnvironment(
  wanted: string | undefined,
  { environments }: Pick<Policy, 'environments'>,
): void {
  if (wanted === undefined || environments.includes(wanted)) return;
  throw new KeysError(
    'invalid_request',
    `environment: no key of this service is of ${JSON.stringify(wanted)}`,
    {
      hint: `one of ${environments.join(', ')}`,
      details: { member: 'environment' },
    },
  );
}
