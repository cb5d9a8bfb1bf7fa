import { allKeys } from '../domain/all-keys.js';
import type { Clock } from '../domain/clock.js';
import type { ContractRow } from '../domain/contract-row.js';
import { isEnded } from '../domain/ended-key.js';
import { changed, type ErrorCode, KeysError } from '../domain/errors.js';
import { type CreatedKey, type Credential, credentialParts, type Key } from '../domain/key.js';
import type { CreateKey, KeyService } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import { words } from '../domain/words.js';
import type { ProviderDefinition } from './define-provider.js';
import { LOOK_AGAIN_MS, lookUntil } from './look-until.js';

export interface ContractSubject {
  readonly provider: ProviderDefinition;
  readonly service: KeyService;
  /** The same service, called with a credential that it does not know. */
  readonly stranger: KeyService;
  /** Tries a key where that changes nothing. */
  readonly tryOut: (credential: Credential) => Promise<LiveCheckResult>;
  /**
   * Delivers a secret to a place, over the one before, and returns what is there afterwards. Absent: no rule
   * is about it.
   */
  readonly deliver?: (credential: Credential) => Promise<Credential>;
  /** What the keys that are created here have; its name is the beginning of theirs. */
  readonly request: CreateKey;
  readonly newIdempotencyKey: () => string;
  readonly clock: Clock;
  /** Waits; milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** The last request and its response, redacted: what is shown beside a rule that does not hold. */
  readonly lastExchange?: () => string | null;
  /** What was said of fields that could not be read, so far. */
  readonly unreadable?: () => readonly string[];
}

/** A rule that does not hold: what was found instead. */
export class Broken extends Error {}
/** A rule about something that the provider does not offer. */
export class NotOffered extends Error {}

/** A rule about what was not seen, and need not be there. */
export class NotSeen extends Error {}

/** The keys of one test, and the rules that are tried with them. */
export interface Trial {
  readonly subject: ContractSubject;
  /** What the current key was asked to have. */
  asked: CreateKey;
  /** Creates a key that `end` revokes at the latest. */
  create(asked: CreateKey, idempotencyKey?: string): Promise<CreatedKey>;
  /**
   * Notes a key that some request has created, so that `end` revokes it. A missing id is looked up by the
   * key's name.
   */
  track(created: CreatedKey): Promise<CreatedKey>;
  revoke(id: string): Promise<void>;
  /** Tries one rule. Never throws. */
  rule(name: string, check: () => Promise<void>): Promise<ContractRow>;
  /** Revokes every key that is left. */
  end(): Promise<LeftKeys>;
}

/** Names of the test's keys: which could not be revoked, and for which no list could be searched. */
interface LeftKeys {
  readonly there: readonly string[];
  readonly unknown: readonly string[];
}

export function startTrial(subject: ContractSubject): Trial {
  const { service, request } = subject;
  const live = new Map<string, CreatedKey>();
  const names = new Set<string>();
  const track = async (created: CreatedKey): Promise<CreatedKey> => {
    const { key } = created;
    const found = key.id === '' ? { ...created, key: { ...key, id: await idOf(key, subject) } } : created;
    live.set(found.key.id, found);
    return found;
  };
  return {
    subject,
    asked: request,
    track,
    async create(asked, idempotencyKey = subject.newIdempotencyKey()) {
      try {
        const made = await service.create(asked, { idempotencyKey });
        names.add(made.key.name);
        return await track(made);
      } catch (error) {
        throw await withoutKey(error, asked.name, subject);
      }
    },
    async revoke(id) {
      await service.revoke(id);
      live.delete(id);
    },
    async rule(rule, check) {
      try {
        await check();
        return { rule, outcome: 'holds' };
      } catch (error) {
        if (error instanceof NotSeen) return { rule, outcome: 'not_seen', detail: error.message };
        if (error instanceof NotOffered) return { rule, outcome: 'not_offered', detail: error.message };
        const message = error instanceof Error ? error.message : 'failed';
        const detail = [message, subject.lastExchange?.()].filter(Boolean).join('; ');
        return { rule, outcome: 'broken', detail: safely(detail, live) };
      }
    },
    async end() {
      const left = new Set<string>();
      for (const [id, { key }] of live) {
        const gone = await service.revoke(id).then(
          () => true,
          (error: unknown) => error instanceof KeysError && error.code === 'not_found',
        );
        if (gone) live.delete(id);
        else left.add(key.name);
      }
      const working = names.size === 0 ? [] : await stillWorking(subject).catch(() => null);
      for (const name of working ?? []) left.add(name);
      const unknown = working === null ? [...names].filter((name) => !left.has(name)) : [];
      names.clear();
      return { there: [...left], unknown };
    },
  };
}

/** Throws `Broken` with what was found, unless it holds. */
export function expect(holds: boolean, found: string): asserts holds {
  if (!holds) throw new Broken(found);
}

/** Throws `NotOffered`, unless it is offered. */
export function offered(isOffered: boolean, instead: string): asserts isOffered {
  if (!isOffered) throw new NotOffered(instead);
}

/** Passes over what the provider does not offer. */
export function unlessNotOffered(error: unknown): void {
  if (!(error instanceof NotOffered)) throw error;
}

/** Passes over `not_found`. */
export function unlessNotFound(error: unknown): void {
  if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
}

/**
 * Revokes the key of a create whose response could not be read, and returns the error. If no key was revoked
 * although there may be one, the error names it. The name is the test's own: no other key has it.
 */
async function withoutKey(error: unknown, name: string, subject: ContractSubject): Promise<unknown> {
  if (!(error instanceof KeysError) || !MAY_HAVE_CREATED.has(error.code) || error.outcome === 'not_done')
    return error;
  const revoked = await listed(async () => await revokeNamed(name, subject), subject).catch(() => false);
  if (revoked) return error;
  const which = subject.provider.names.rule === 'none' ? 'a new key' : `the key ${name}`;
  return changed(error, {
    message: words`${error.wording.message}; ${which} may be there: revoke it by hand`,
    cause: error,
  });
}

/** Errors of a create that a vendor may have carried out. */
const MAY_HAVE_CREATED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['provider_mistake', 'bad_response', 'timeout', 'unreachable', 'unavailable', 'internal'] as const),
]);

/** Revokes the keys of this name. Throws `Broken` if none is listed. */
async function revokeNamed(name: string, { service, provider }: ContractSubject): Promise<true> {
  const stored = provider.names.stored?.(name) ?? name;
  let found = false;
  for await (const key of allKeys(service, {})) {
    if (key.name !== stored) continue;
    found = true;
    await service.revoke(key.id);
  }
  expect(found, 'it is not listed');
  return true;
}

/**
 * Repeats a check for as long as the vendor's list may lag behind, until it holds. Throws what the last one
 * threw.
 */
export async function listed<Result>(
  check: () => Promise<Result>,
  { provider, sleep }: ContractSubject,
): Promise<Result> {
  for (let waitedMs = 0; waitedMs < provider.settling.listed * 1000; waitedMs += LOOK_AGAIN_MS) {
    try {
      return await check();
    } catch {
      await sleep(LOOK_AGAIN_MS);
    }
  }
  return await check();
}

/** The id of the newest key of this name. Throws `bad_response` for a key that is there and has none. */
async function idOf({ name }: Key, { service, provider }: ContractSubject): Promise<string> {
  let problem = 'no key of its name is listed';
  try {
    for await (const key of allKeys(service, { name })) if (key.name === name) return key.id;
  } catch (error) {
    problem = error instanceof Error ? error.message : 'the list fails';
  }
  throw new KeysError('bad_response', `the response to the create has no id, and ${problem}`, {
    hint: 'is keys.fields.id right?',
    next: 'show_provider',
    details: { provider: provider.id },
  });
}

/**
 * Names of the test's keys that are still listed and work: a revoke of an id that was read at the wrong place
 * stops no key. Throws where the list cannot be read.
 */
async function stillWorking(subject: ContractSubject): Promise<readonly string[]> {
  const { service, provider, request } = subject;
  if (provider.names.rule === 'none') return [];
  const start = provider.names.stored?.(request.name) ?? request.name;
  const look = async () => {
    const found: string[] = [];
    for await (const { name, status } of allKeys(service, {})) {
      const ended = isEnded(status);
      if (name.startsWith(start) && !ended) found.push(name);
    }
    return found;
  };
  const seconds = provider.settling.listed;
  const { sleep } = subject;
  return await lookUntil(look, (found) => found.length === 0, { seconds, sleep });
}

function safely(message: string, live: ReadonlyMap<string, CreatedKey>): string {
  let safe = message;
  for (const { credential } of live.values()) {
    for (const part of credentialParts(credential)) safe = safe.replaceAll(part, '…');
  }
  return safe;
}
