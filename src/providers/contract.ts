import { allKeys } from '../domain/all-keys.js';
import type { Clock } from '../domain/clock.js';
import type { ContractRow } from '../domain/contract-row.js';
import { type ErrorCode, KeysError } from '../domain/errors.js';
import { type Credential, credentialParts, type IssuedKey, type Key } from '../domain/key.js';
import type { CreateKey, KeyService } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import type { Provider } from '../domain/provider.js';

export interface ContractSubject {
  readonly provider: Provider;
  readonly service: KeyService;
  /** The same service, called with a credential that it does not know. */
  readonly stranger: KeyService;
  /** Tries a key where that changes nothing. */
  readonly tryOut: (credential: Credential) => Promise<LiveAnswer>;
  /** What the keys that are made here have; its name is the beginning of theirs. */
  readonly request: CreateKey;
  readonly newIdempotencyKey: () => string;
  readonly clock: Clock;
}

/** Grace that is asked for in a roll whose provider leaves it to the caller. */
const GRACE_SECONDS = 3_600;
/** How far from what was asked an end may be: requests take time, and some vendors round to the minute. */
const TOLERANCE_MS = 120_000;

class Broken extends Error {}
class NotOffered extends Error {}

/**
 * The contract of a key service, rule by rule, over one that really answers: two keys are made and ended on the way. Whatever
 * happens, what was made is revoked. Yields a row as soon as its rule was tried; throws only where no key could be made.
 */
export async function* checkContract(subject: ContractSubject): AsyncGenerator<ContractRow> {
  const { provider, service, request } = subject;
  const live = new Map<string, IssuedKey>();
  const track = (issued: IssuedKey) => {
    live.set(issued.key.id, issued);
    return issued;
  };
  const rule = async (name: string, check: () => Promise<void>): Promise<ContractRow> => {
    try {
      await check();
      return { rule: name, outcome: 'holds' };
    } catch (error) {
      if (error instanceof NotOffered) return { rule: name, outcome: 'not_offered', detail: error.message };
      return {
        rule: name,
        outcome: 'broken',
        detail: error instanceof Error ? safely(error.message, live) : 'failed',
      };
    }
  };

  try {
    let issued = track(await service.create(request, { idempotencyKey: subject.newIdempotencyKey() }));
    yield await rule('create shows the key and its secret', async () => isWholeKey(issued, subject));
    yield await rule('list has the key, once, without its secret', async () => isListed(issued, service));
    yield await rule('show finds a key by its id', async () => {
      offered(provider.operations.get, provider, 'show');
      hasNoSecret(await service.get(issued.key.id), issued);
    });
    yield await rule('show knows no key by another id', async () => {
      offered(provider.operations.get, provider, 'show');
      await failsWith(service.get(otherId(issued.key.id)), ['not_found', 'invalid_request']);
    });
    yield await rule('update changes the name', async () => {
      offered(provider.updates.includes('name') ? provider.operations.update : null, provider, 'rename');
      const name = `${request.name}_renamed`;
      const updated = await service.update(issued.key.id, { name });
      expect(updated.name === name, `its name is ${updated.name}`);
    });
    yield await rule('a new key is accepted', async () => isAccepted(issued, subject));
    yield await rule('roll gives another secret, and the old key its grace', async () => {
      if (provider.operations.roll !== 'endpoint')
        throw new NotOffered('no roll of its own: a successor is made');
      const old = issued;
      issued = track(await rolled(old, subject));
    });
    yield await rule('a wrong credential is refused', async () => {
      await failsWith(subject.stranger.list({ limit: 1 }), ['unauthenticated', 'forbidden']);
    });
    yield await rule('revoke ends a key', async () => {
      await service.revoke(issued.key.id);
      live.delete(issued.key.id);
      await hasEnded(issued.key, service);
    });
    yield await rule('an ended key is accepted no more', async () => isRefused(issued, subject));
    yield await rule('revoking it again does no harm', async () => {
      await service.revoke(issued.key.id).catch((error: unknown) => {
        if (!(error instanceof KeysError) || error.code !== 'not_found') throw error;
      });
    });
  } finally {
    for (const id of live.keys()) await service.revoke(id).catch(() => undefined);
  }
}

function expect(holds: boolean, found: string): asserts holds {
  if (!holds) throw new Broken(found);
}

function offered(way: string | null, { title }: Provider, what: string): void {
  if (way === null) throw new NotOffered(`${title} has no way to ${what} a key`);
}

async function isWholeKey(
  { key, credential }: IssuedKey,
  { provider, request }: ContractSubject,
): Promise<void> {
  expect(key.name === request.name, `its name is ${key.name}`);
  const parts = credentialParts(credential);
  expect(
    parts.every((part) => part.length >= 8),
    'its secret is shorter than eight characters',
  );
  hasNoSecret(key, { key, credential });
  const { prefixes } = provider.format;
  const known = prefixes.length === 0 || prefixes.some(({ prefix }) => parts[0]?.startsWith(prefix));
  expect(known, `its secret begins with none of ${prefixes.map(({ prefix }) => prefix).join(', ')}`);
  for (const time of [key.created_at, key.expires_at, key.last_used]) {
    expect(!time || ISO.test(time), `${time} is no ISO 8601 time in UTC`);
  }
  if (request.expires_at) {
    const end = Date.parse(key.expires_at ?? '');
    expect(Math.abs(end - Date.parse(request.expires_at)) <= TOLERANCE_MS, `it ends at ${key.expires_at}`);
  }
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Of a pair, the half that identifies may be the id. */
function hasNoSecret(key: Key, { credential }: IssuedKey): void {
  const told = JSON.stringify(key);
  const secrets = 'secret' in credential ? [credential.secret] : [credential.secret_key];
  expect(!secrets.some((secret) => told.includes(secret)), 'the record shows the secret');
}

async function isListed(issued: IssuedKey, service: KeyService): Promise<void> {
  const found: Key[] = [];
  for await (const key of allKeys(service, {})) if (key.id === issued.key.id) found.push(key);
  expect(found.length === 1, `it is listed ${found.length} times`);
  for (const key of found) {
    expect(key.name === issued.key.name, `its name is ${key.name}`);
    hasNoSecret(key, issued);
  }
}

async function isAccepted({ credential }: IssuedKey, subject: ContractSubject): Promise<void> {
  const judged = await judge(credential, subject);
  expect(judged === null, `it is refused: ${judged}`);
}

async function isRefused({ credential }: IssuedKey, subject: ContractSubject): Promise<void> {
  const judged = await judge(credential, subject);
  expect(judged !== null, 'it is accepted');
}

/** Why a key is not good; null where it is. By the service's own verdict, else by using the key. */
async function judge(
  credential: Credential,
  { provider, service, tryOut }: ContractSubject,
): Promise<string | null> {
  if (provider.operations.verify === 'endpoint') {
    const verdict = await service.verify({ key: credentialParts(credential)[0] ?? '' });
    return verdict.valid ? null : verdict.reason;
  }
  const answer = await tryOut(credential);
  if (answer.outcome === 'not_asked') throw new NotOffered(answer.message);
  if (answer.outcome === 'unreachable') throw new Broken(answer.message);
  return answer.outcome === 'accepted' ? null : answer.message;
}

async function rolled(
  old: IssuedKey,
  { provider, service, clock, newIdempotencyKey }: ContractSubject,
): Promise<IssuedKey> {
  const { roll } = provider;
  const grace = roll.by === 'provider' && roll.grace.kind === 'any' ? GRACE_SECONDS : undefined;
  const answer = await service.roll(old.key.id, grace === undefined ? {} : { grace_seconds: grace }, {
    idempotencyKey: newIdempotencyKey(),
  });
  const [before] = credentialParts(old.credential);
  expect(credentialParts(answer.credential)[0] !== before, 'its secret is the old one');
  expect(answer.previous.id === old.key.id, `the old key is ${answer.previous.id}`);
  if (grace !== undefined) {
    const end = Date.parse(answer.previous.expires_at ?? '');
    const asked = clock.now() + grace * 1000;
    expect(Math.abs(end - asked) <= TOLERANCE_MS, `the old key ends at ${answer.previous.expires_at}`);
  }
  return answer;
}

async function hasEnded({ id }: Key, service: KeyService): Promise<void> {
  for await (const key of allKeys(service, {})) {
    expect(
      key.id !== id || key.status === 'revoked' || key.status === 'expired',
      `it is listed as ${key.status}`,
    );
  }
}

async function failsWith(call: Promise<unknown>, codes: readonly ErrorCode[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    expect(error instanceof KeysError && codes.includes(error.code), `it fails otherwise: ${String(error)}`);
    return;
  }
  throw new Broken('it is answered as if it were right');
}

/** An id of the same form that names no key: its last letter or digit is another one. */
function otherId(id: string): string {
  return id.replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === '0' ? '1' : '0'));
}

function safely(message: string, live: ReadonlyMap<string, IssuedKey>): string {
  let safe = message;
  for (const { credential } of live.values()) {
    for (const part of credentialParts(credential)) safe = safe.replaceAll(part, '…');
  }
  return safe;
}
