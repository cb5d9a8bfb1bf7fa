import { changed, KeysError } from '../domain/errors.js';
import type { KeyService, OwnKey, PolicyFacts } from '../domain/key-service.js';
import { SYSTEMS, type SystemFacts } from '../domain/systems.js';
import { option, words } from '../domain/words.js';
import { existingLedger } from '../storage/ledger/existing-ledger.js';
import type { OperationTarget } from '../storage/ledger/operation.js';
import type { Profile, Settings } from '../storage/settings.js';
import type { ConnectContext, Connection } from './connection.js';

const DEFAULT_POLICY = SYSTEMS.keys.id;
const KNOWN: ReadonlySet<string> = new Set(Object.values(SYSTEMS).map(({ id }) => id));

/**
 * The policy to store in a profile. Undefined for the documented endpoints, and for a policy that this
 * version does not know.
 */
export function storedPolicy(policy: string | null): string | undefined {
  return policy !== null && policy !== DEFAULT_POLICY && KNOWN.has(policy) ? policy : undefined;
}

/**
 * Returns why this version does not follow the policy that a service names: it does not know it, or knows
 * different facts about it. Null: it follows the policy. A service may be newer, or say anything.
 */
export function policyDoubt(policy: string | null, facts: PolicyFacts | null): string | null {
  if (policy === null) return null;
  const system: SystemFacts | undefined = Object.values(SYSTEMS).find(({ id }) => id === policy);
  const treated = 'its keys are treated as those of a key service without a policy';
  const named = JSON.stringify([...policy].slice(0, LONGEST_NAME).join(''));
  if (system === undefined)
    return `this version of keys does not know the policy ${named} of the service: ${treated}`;
  if (facts === null) return null;
  const credential = system.signatureHeader === undefined ? 'secret' : 'pair';
  const differs =
    facts.credential !== credential ||
    !isSameSet(facts.environments, system.environments) ||
    !isSameSet(facts.types, system.types);
  return differs
    ? `the service describes its policy ${named} differently from this version of keys: ${treated}`
    : null;
}

/** Most characters of a policy's name that are shown. */
const LONGEST_NAME = 60;

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}

/** The policy of the service of this key, as far as this version follows it; see `policyDoubt`. */
export function followedPolicy(own: OwnKey | null): string | null {
  const policy = own?.policy ?? null;
  return policyDoubt(policy, own?.policy_facts ?? null) === null ? policy : null;
}

/** Throws `conflict` if `--provider` names a system and the service follows another one. */
export function refuseOtherPolicy(provider: string, policy: string | null): void {
  if (policy === null || provider === DEFAULT_POLICY || policy === provider) return;
  throw new KeysError('conflict', `this service follows the policy ${policy}, not ${provider}`, {
    hint: words`leave out ${option('provider')}: the service tells its policy`,
  });
}

/**
 * The same service. Its `whoami` stores in the profiles of this address what the service says of its policy.
 * What the service refuses because of a policy that was not learned yet throws an error with the command that
 * learns it. Before the first create or roll, throws `conflict` where the service follows another policy than
 * a profile stores or `--provider` names: the key would get another system's variable and grace.
 */
export function learningPolicy(
  service: KeyService,
  context: Pick<ConnectContext, 'directories' | 'env' | 'ledger' | 'output' | 'settings'>,
  { baseUrl, learned, target, hasLogin }: LearnedTarget,
): KeyService {
  let asked: Promise<void> | undefined;
  const requireStoredPolicy = () => {
    asked ??=
      learned || hasLogin
        ? refuseOtherThanExpected(async () => (await service.whoami())?.policy, target)
        : refuseUnknownPairs(service, baseUrl, context.output);
    return asked;
  };
  return {
    ...service,
    async whoami() {
      const own = await service.whoami();
      if (own?.policy === undefined) return own;
      const { policy: told, policy_facts, ...key } = own;
      const doubt = policyDoubt(told, policy_facts ?? null);
      const policy = doubt === null ? told : null;
      await learn({ policy, doubt }, context, baseUrl);
      // Without a profile, the next call does not know the policy: it would look for the keys in the account
      // that they have now.
      if (learned || ofKeyServices(context.settings(), baseUrl).length > 0)
        await moveToPolicy(policy, context, baseUrl);
      return key;
    },
    async create(...request) {
      await requireStoredPolicy();
      return await service.create(...request);
    },
    async roll(...request) {
      await requireStoredPolicy();
      try {
        return await service.roll(...request);
      } catch (error) {
        throw learned ? error : withLogin(error, baseUrl);
      }
    },
  };
}

interface LearnedTarget {
  readonly baseUrl: string;
  readonly learned: boolean;
  readonly target: ExpectingTarget;
  /** Whether the credential was stored by a login, which has asked for the policy. */
  readonly hasLogin: boolean;
}

/**
 * Throws `conflict` where the keys of a service are pairs and this call does not know its policy: no place
 * would take the secret of the new key. Warns of any other policy: the key gets the variable of a service
 * without one. A service that does not say its policy is not refused.
 */
async function refuseUnknownPairs(
  service: Pick<KeyService, 'whoami'>,
  baseUrl: string,
  output: Pick<ConnectContext['output'], 'warn'>,
): Promise<void> {
  const own = await service.whoami().catch((error: unknown) => {
    if (error instanceof KeysError) return null;
    throw error;
  });
  const policy = followedPolicy(own);
  if (own?.policy_facts?.credential !== 'pair') {
    if (storedPolicy(policy) !== undefined)
      output.warn(
        words`the service follows the policy ${policy ?? ''}: ${option('provider', policy)} uses its rules and variable`,
      );
    return;
  }
  if (policy === null) return;
  throw new KeysError('conflict', `the service follows the policy ${policy}, whose keys are pairs`, {
    hint: words`${option('provider', policy)} follows it in this call`,
    next: 'learn_policy',
    details: { policy, base_url: baseUrl },
    // The operation that waits for this request is closed again.
    outcome: 'not_done',
  });
}

/** What a call expects of a key service: the policy that a profile stores, or the system that it names. */
type ExpectingTarget = Pick<OperationTarget, 'baseUrl' | 'policy' | 'profile' | 'provider'>;

/**
 * Throws `conflict` where the service follows another policy than the target expects. A service that does not
 * say its policy is not refused: the request itself reports any failure.
 */
async function refuseOtherThanExpected(
  ask: () => Promise<string | null | undefined>,
  target: ExpectingTarget,
): Promise<void> {
  const isNamed = target.provider !== DEFAULT_POLICY;
  const expected = isNamed ? target.provider : target.policy;
  if (expected === undefined) return;
  let policy: string | null | undefined;
  try {
    policy = await ask();
  } catch (error) {
    if (error instanceof KeysError) return;
    throw error;
  }
  if (policy == null || policy === expected) return;
  // A vendor that is no policy has no other service to name: one without rules of its own may be its own.
  if (isNamed && policy === DEFAULT_POLICY && !KNOWN.has(expected)) return;
  throw isNamed ? otherThanNamed(policy, target) : otherThanStored(policy, expected);
}

function otherThanStored(policy: string, stored: string): KeysError {
  return new KeysError('conflict', `the service follows the policy ${shown(policy)} now, not ${stored}`, {
    next: 'learn_policy_again',
    details: { policy },
    // The operation that waits for this request is closed again.
    outcome: 'not_done',
  });
}

function otherThanNamed(policy: string, { provider, profile, baseUrl }: ExpectingTarget): KeysError {
  const isKnown = KNOWN.has(policy) && profile === null;
  return new KeysError('conflict', `the service follows the policy ${shown(policy)}, not ${provider}`, {
    hint: isKnown
      ? words`${option('provider', policy)} follows it in this call`
      : words`leave out ${option('provider')}`,
    next: 'learn_policy',
    details: { policy, base_url: baseUrl },
    // The operation that waits for this request is closed again.
    outcome: 'not_done',
  });
}

/** A policy's name as messages have it: a service may say anything. */
function shown(policy: string): string {
  return KNOWN.has(policy) ? policy : JSON.stringify([...policy].slice(0, LONGEST_NAME).join(''));
}

/** Throws `conflict` where a key service follows another policy than the call expects. */
export async function refuseOtherThanServed({
  isKeyService,
  kind,
  policy,
  target,
}: Pick<Connection, 'isKeyService' | 'kind' | 'policy' | 'target'>): Promise<void> {
  if (isKeyService && kind === 'remote') await refuseOtherThanExpected(policy, target);
}

/** What is refused by the rules that a policy has, before anything is sent. */
const BY_RULES: ReadonlySet<string> = new Set([
  'unsupported',
  'usage',
  'refused',
  'invalid_request',
  'conflict',
]);

/**
 * Returns what `work` returns. If `work` is refused by the rules of the policy that the call expects, and the
 * service follows another policy, throws a `conflict` that says so: the request may be possible there.
 */
export async function underPolicyOfNow<Result>(
  connection: Pick<Connection, 'isKeyService' | 'kind' | 'policy' | 'target'>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const byRules = error instanceof KeysError && BY_RULES.has(error.code);
    if (byRules) await refuseOtherThanServed(connection);
    throw error;
  }
}

function withLogin(error: unknown, baseUrl: string): unknown {
  if (!(error instanceof KeysError) || error.code !== 'unsupported') return error;
  return changed(error, {
    next: 'learn_policy',
    details: { ...error.details, base_url: baseUrl },
    cause: error,
  });
}

/**
 * Moves what the ledger has of the keys at this address to the account of the policy that its service
 * follows. A command that did not know the policy yet has recorded them as keys of the documented endpoints.
 */
export async function moveToPolicy(
  policy: string | null,
  context: Pick<ConnectContext, 'directories' | 'env' | 'ledger' | 'output' | 'settings'>,
  baseUrl: string,
): Promise<void> {
  if (policy === null || !KNOWN.has(policy)) return;
  try {
    const ledger = await existingLedger(context);
    await ledger?.moveAccount({ address: baseUrl, from: [...KNOWN], to: policy });
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    context.output.warn(`the ledger's keys of ${baseUrl} keep their earlier account: ${error.message}`);
  }
}

async function learn(
  { policy, doubt }: { readonly policy: string | null; readonly doubt: string | null },
  { output, settings }: Pick<ConnectContext, 'output' | 'settings'>,
  baseUrl: string,
): Promise<void> {
  for (const { policy: before, ...profile } of ofKeyServices(settings(), baseUrl)) {
    const now = storedPolicy(policy);
    if (before === now) continue;
    try {
      await settings().saveProfile(now === undefined ? profile : { ...profile, policy: now });
      const learned = doubt ?? `the service follows the policy ${policy}; the next call uses its rules`;
      output.warn(`${profile.name}: ${learned}`);
    } catch (error) {
      if (!(error instanceof KeysError) || error.code !== 'settings_unreadable') throw error;
      output.warn(`the policy of ${profile.name} was not stored: ${error.message}`);
    }
  }
}

function ofKeyServices(settings: Settings, baseUrl: string): Profile[] {
  return settings
    .profiles()
    .filter(({ provider = DEFAULT_POLICY, base_url }) => provider === DEFAULT_POLICY && base_url === baseUrl);
}
