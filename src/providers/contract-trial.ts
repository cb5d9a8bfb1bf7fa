import { allKeys } from '../domain/all-keys.js';
import type { Clock } from '../domain/clock.js';
import type { ContractRow } from '../domain/contract-row.js';
import { KeysError } from '../domain/errors.js';
import { type Credential, credentialParts, type IssuedKey, type Key } from '../domain/key.js';
import type { CreateKey, KeyService } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import type { ProviderDefinition } from './define-provider.js';

export interface ContractSubject {
  readonly provider: ProviderDefinition;
  readonly service: KeyService;
  /** The same service, called with a credential that it does not know. */
  readonly stranger: KeyService;
  /** Tries a key where that changes nothing. */
  readonly tryOut: (credential: Credential) => Promise<LiveCheckResult>;
  /** Delivers a secret to a place, over the one before, and returns what is there afterwards. Absent: no rule is about it. */
  readonly deliver?: (credential: Credential) => Promise<Credential>;
  /** What the keys that are created here have; its name is the beginning of theirs. */
  readonly request: CreateKey;
  readonly newIdempotencyKey: () => string;
  readonly clock: Clock;
  /** Waits; milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** The last request and its response, redacted: what is shown beside a rule that does not hold. */
  readonly lastExchange?: () => string | null;
}

/** A rule that does not hold: what was found instead. */
export class Broken extends Error {}
/** A rule about something that the provider does not offer. */
export class NotOffered extends Error {}

/** The keys of one test, and the rules that are tried with them. */
export interface Trial {
  readonly subject: ContractSubject;
  /** What the current key was asked to have. */
  asked: CreateKey;
  /** Creates a key that `end` revokes at the latest. */
  create(asked: CreateKey, idempotencyKey?: string): Promise<IssuedKey>;
  /** Notes a key that some request has created, so that `end` revokes it. A missing id is looked up by the key's name. */
  track(issued: IssuedKey): Promise<IssuedKey>;
  revoke(id: string): Promise<void>;
  /** Tries one rule. Never throws. */
  rule(name: string, check: () => Promise<void>): Promise<ContractRow>;
  /** Revokes every key that is left. Returns the names of those that could not be revoked. */
  end(): Promise<readonly string[]>;
}

export function startTrial(subject: ContractSubject): Trial {
  const { service, request } = subject;
  const live = new Map<string, IssuedKey>();
  const track = async (issued: IssuedKey): Promise<IssuedKey> => {
    const { key } = issued;
    const found = key.id === '' ? { ...issued, key: { ...key, id: await idOf(key, service) } } : issued;
    live.set(found.key.id, found);
    return found;
  };
  return {
    subject,
    asked: request,
    track,
    async create(asked, idempotencyKey = subject.newIdempotencyKey()) {
      try {
        return await track(await service.create(asked, { idempotencyKey }));
      } catch (error) {
        // The name is the test's own: a key that has it was created by this request, and its response could not be read.
        await revokeNamed(asked.name, service).catch(() => undefined);
        throw error;
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
        if (error instanceof NotOffered) return { rule, outcome: 'not_offered', detail: error.message };
        const message = error instanceof Error ? error.message : 'failed';
        const detail = [message, subject.lastExchange?.()].filter(Boolean).join('; ');
        return { rule, outcome: 'broken', detail: safely(detail, live) };
      }
    },
    async end() {
      const left: string[] = [];
      for (const [id, { key }] of live) {
        await service.revoke(id).catch((error: unknown) => {
          if (!(error instanceof KeysError && error.code === 'not_found')) left.push(key.name);
        });
      }
      return left;
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

async function revokeNamed(name: string, service: KeyService): Promise<void> {
  for await (const key of allKeys(service, { name })) if (key.name === name) await service.revoke(key.id);
}

/** The id of the newest key of this name. */
async function idOf({ name }: Key, service: KeyService): Promise<string> {
  for await (const key of allKeys(service, { name })) if (key.name === name) return key.id;
  throw new Broken('the response to the create has no id, and no key of its name is listed');
}

function safely(message: string, live: ReadonlyMap<string, IssuedKey>): string {
  let safe = message;
  for (const { credential } of live.values()) {
    for (const part of credentialParts(credential)) safe = safe.replaceAll(part, '…');
  }
  return safe;
}
