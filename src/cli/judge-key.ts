import type { Connection } from '../connect/connection.js';
import { lacksEnvironment, type TargetedProvider } from '../connect/targeted-provider.js';
import { credentialDigests } from '../domain/credential-digests.js';
import { KeysError } from '../domain/errors.js';
import { statusAt } from '../domain/filter-keys.js';
import { type Credential, identifyingPart, type Key } from '../domain/key.js';
import type { InvalidReason, KeyService, RequestFacts, Verdict, VerifyKey } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import type { Resemblance } from '../domain/recognise.js';
import { inspectSecret } from '../domain/secret-format.js';
import { signBytes } from '../domain/signatures.js';
import { titleInSentence } from '../domain/systems.js';
import { isOnlyNoted } from '../lifecycle/note-status.js';
import type { Context } from './context.js';

/**
 * Beside what a key service says: what was found before it was asked, and what another vendor's status means.
 */
export type Reason =
  | InvalidReason
  | 'not_accepted'
  | 'payment_required'
  | 'forbidden'
  | 'other_provider'
  | 'superseded';

/** The result. `valid` null: unknown. */
export interface Judgement {
  readonly valid: boolean | null;
  readonly reason?: Reason;
  /** What to do, where the reason alone does not say it. */
  readonly advice?: string;
  readonly key?: Key;
}

/** A key to judge. */
interface Question {
  readonly credential: Credential;
  /** Providers whose keys look like it. */
  readonly looksLike: readonly Resemblance[];
  readonly target: TargetedProvider;
  /** How the key is used: scope, address, page, endpoint. */
  readonly facts: RequestFacts;
}

/**
 * Says whether a key is valid: by its form and the ledger first, then the service that manages it, then by
 * trying the key.
 */
export async function judge(question: Question, context: Context): Promise<Judgement> {
  const { credential, target } = question;
  const slip = target.provider.id === 'keys' ? slipOf(identifyingPart(credential)) : null;
  const connection = slip === null ? undefined : await connectionOrNull(context);
  if (slip !== null && (await connection?.credentialHasOurFormat())) return { valid: false, reason: slip };
  return (await findOffline(question, slip, context)) ?? (await askService(question, connection, context));
}

/**
 * Judges the key without a request: by its form and by the ledger. Returns null if both allow that it is
 * valid.
 */
async function findOffline(
  { credential, looksLike, target }: Question,
  slip: Slip | null,
  context: Context,
): Promise<Judgement | null> {
  const text = identifyingPart(credential);
  const { provider } = target;
  if (slip !== null) {
    context.output.hint(`if this is a key of a keys service, it is ${slip}; asking the service all the same`);
  }
  if (/\s/.test(text)) {
    context.output.hint('there is white space inside the key: was it cut by a line break?');
    if (provider.id !== 'keys') return { valid: false, reason: 'malformed' };
  }
  const own = looksLike.find((one) => one.provider === provider.id);
  if (provider.format.prefixes.length > 0 && own === undefined && provider.id !== 'keys') {
    return { valid: false, reason: 'other_provider', ...elsewhere(looksLike) };
  }
  const ledger = await context.ledger();
  const found = await ledger.byDigest(credentialDigests(credential)[0] ?? '');
  // What a service said of a key earlier is no verdict: it is asked again.
  const now = context.clock.now();
  const known = found !== null && (await isOnlyNoted(found, ledger, now)) ? null : found;
  const key = known && { ...known.key, status: statusAt(known.key, now) };
  if (key && key.status !== 'active' && key.status !== 'retiring') {
    const successor = key.rolled_to ? { advice: `it was rolled: take its successor ${key.rolled_to}` } : {};
    const ended = key.status === 'paused' ? 'disabled' : key.status;
    return { valid: false, reason: key.rolled_to ? 'superseded' : ended, key, ...successor };
  }
  const environment = own?.environment ?? key?.environment ?? undefined;
  const expected = target.environment ?? target.served;
  if (environment !== undefined && expected !== undefined && environment !== expected) {
    return {
      valid: false,
      reason: 'wrong_environment',
      advice: `it is a key for ${environment}, and this address is for ${expected}`,
    };
  }
  if (target.managedByHand && lacksEnvironment(target, environment)) {
    const environments = provider.environments.join(' and ');
    return {
      valid: null,
      advice: `${titleInSentence(provider)} has keys of ${environments}: say which with --environment; nothing was sent`,
    };
  }
  return null;
}

/**
 * What is wrong with the form of a text that has one of our prefixes. Conclusive only if the service's keys
 * all have our checksum.
 */
type Slip = 'malformed' | 'mistyped';

function slipOf(text: string): Slip | null {
  const { shape } = inspectSecret(text);
  if (shape === 'mistyped') return 'mistyped';
  return shape === 'truncated' || shape === 'malformed' ? 'malformed' : null;
}

function elsewhere(looksLike: readonly Resemblance[]): { advice: string } | undefined {
  const [other] = looksLike;
  return (
    other && { advice: `it looks like a key of ${titleInSentence(other)}: --provider ${other.provider}` }
  );
}

/**
 * Asks the service that manages the key, with our own credential. Without one, tries the key with a request
 * that changes nothing.
 */
async function askService(
  { credential, facts, target }: Question,
  opened: Connection | null | undefined,
  context: Context,
): Promise<Judgement> {
  const manages = target.provider.id === 'keys' || !target.managedByHand;
  const connection = opened === undefined && manages ? await connectionOrNull(context) : opened;
  if (connection) {
    const signature = 'secret_key' in credential ? { signature: signBytes(credential.secret_key, '{}') } : {};
    const verdict = await verdictOf(connection.service, {
      key: identifyingPart(credential),
      ...signature,
      ...facts,
    });
    if (verdict !== null) return verdict;
  }
  // At a vendor, the environment has chosen the address at which the key is tried.
  const { environment: _, ...others } = facts;
  if (Object.keys(manages ? facts : others).length > 0) {
    context.output.warn(
      'the key is tried as it is: only a management key can ask about scopes, restrictions and environments',
    );
  }
  const [{ tryKey }, { loadProvider }] = await Promise.all([
    import('../connect/client.js'),
    import('../providers/registry.js'),
  ]);
  const definition = await loadProvider(target.provider.id, context);
  const { baseUrl, set } = target;
  return ofResult(await tryKey(context, definition, { baseUrl, set }, credential));
}

/** Null where this service has no way to judge a key. */
async function verdictOf(service: KeyService, request: VerifyKey): Promise<Verdict | null> {
  try {
    return await service.verify(request);
  } catch (error) {
    if (error instanceof KeysError && (error.code === 'unsupported' || error.code === 'not_found'))
      return null;
    throw error;
  }
}

/** Without a credential of our own the key can still be tried. */
async function connectionOrNull(context: Context): Promise<Connection | null> {
  const { openConnection } = await import('../connect/open-connection.js');
  try {
    return await openConnection(context);
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_logged_in') return null;
    throw error;
  }
}

function ofResult(response: LiveCheckResult): Judgement {
  switch (response.outcome) {
    case 'accepted':
      return { valid: true };
    case 'refused':
      return {
        valid: false,
        reason: response.reason ?? REASON_BY_STATUS[response.status] ?? 'not_accepted',
        advice: response.message,
      };
    case 'mistaken':
      throw new KeysError('provider_mistake', `could not check the key: ${response.message}`, {
        hint: 'correct it there',
      });
    case 'unreachable':
      throw new KeysError('unreachable', `could not check the key: ${response.message}`, {
        hint: 'try again later',
      });
    default:
      return { valid: null, advice: String(response.message) };
  }
}

const REASON_BY_STATUS: Readonly<Record<number, Reason>> = { 402: 'payment_required', 403: 'forbidden' };
