import { allKeys } from '../domain/all-keys.js';
import type { Clock } from '../domain/clock.js';
import type { ContractRow } from '../domain/contract-row.js';
import { type ErrorCode, KeysError } from '../domain/errors.js';
import { type Credential, credentialParts, type IssuedKey, type Key } from '../domain/key.js';
import type { CreateKey, KeyService } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import type { Provider } from '../domain/provider.js';
import { differences, successorRequest, withExpiry } from './contract-fields.js';
import type { ProviderDefinition } from './define-provider.js';
import { neverSent } from './sent-fields.js';

export interface ContractSubject {
  readonly provider: ProviderDefinition;
  readonly service: KeyService;
  /** The same service, called with a credential that it does not know. */
  readonly stranger: KeyService;
  /** Tries a key where that changes nothing. */
  readonly tryOut: (credential: Credential) => Promise<LiveAnswer>;
  /** What the keys that are made here have; its name is the beginning of theirs. */
  readonly request: CreateKey;
  readonly newIdempotencyKey: () => string;
  readonly clock: Clock;
  /** The last request and its response, redacted: what is shown beside a rule that does not hold. */
  readonly lastExchange?: () => string | null;
}

/** Grace that is asked for in a roll whose provider leaves it to the caller. */
const GRACE_SECONDS = 3_600;
/** How far from what was asked an end may be: requests take time, and some vendors round to the minute. */
const TOLERANCE_MS = 120_000;

class Broken extends Error {}
class NotOffered extends Error {}

/**
 * The contract of a key service, rule by rule, over a real one: at most four keys are created and revoked on the way. Every
 * capability that the definition claims is tried. Whatever happens, the created keys are revoked. Yields a row as soon as its rule was tried;
 * throws only where no key could be created.
 */
export async function* checkContract(subject: ContractSubject): AsyncGenerator<ContractRow> {
  const { provider, service, request } = subject;
  const live = new Map<string, IssuedKey>();
  /** A key whose id the response does not tell is looked up by its name, so that it can be revoked. */
  const track = async (told: IssuedKey): Promise<IssuedKey> => {
    const issued =
      told.key.id === '' ? { ...told, key: { ...told.key, id: await idOf(told.key, service) } } : told;
    live.set(issued.key.id, issued);
    return issued;
  };
  const create = async (asked: CreateKey) =>
    await track(await service.create(asked, { idempotencyKey: subject.newIdempotencyKey() }));
  const rule = async (name: string, check: () => Promise<void>): Promise<ContractRow> => {
    try {
      await check();
      return { rule: name, outcome: 'holds' };
    } catch (error) {
      if (error instanceof NotOffered) return { rule: name, outcome: 'not_offered', detail: error.message };
      return {
        rule: name,
        outcome: 'broken',
        detail: safely([message(error), subject.lastExchange?.()].filter(Boolean).join('; '), live),
      };
    }
  };

  try {
    const lost = neverSent(provider, subject.clock.now());
    yield await rule('create sends every field that the definition accepts', async () => {
      expect(lost.length === 0, `never sent: ${lost.join(', ')}`);
    });
    let asked = lost.includes('expires_at') ? request : withExpiry(request, subject);
    let issued = await create(asked).catch(async (error: unknown) => {
      // Whether a key can have an end may depend on its context: then it has none.
      if (!(error instanceof KeysError) || error.code !== 'unsupported' || asked === request) throw error;
      asked = request;
      return await create(asked);
    });
    yield await rule('create shows the key and its secret', async () => isWholeKey(issued, subject));
    yield await rule('a new key has what was asked for', async () => {
      const listed = await recordOf(issued.key.id, subject);
      const differing = differences(asked, listed, provider);
      expect(differing.length === 0, `it has another ${differing.join(', ')}`);
    });
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
      issued = await track(await rolled(old, subject));
    });
    yield await rule('a composed roll gives a key with the same rights', async () => {
      if (provider.operations.roll === 'endpoint') throw new NotOffered('it has a roll of its own');
      const old = await recordOf(issued.key.id, subject);
      const successor = await create(successorRequest(old, asked, subject));
      const differing = differences(old, await recordOf(successor.key.id, subject), provider);
      expect(differing.length === 0, `the successor has another ${differing.join(', ')}`);
      await isAccepted(issued, subject).catch(unlessNotOffered);
      await service.revoke(issued.key.id);
      live.delete(issued.key.id);
      issued = successor;
    });
    yield await rule('a lost secret can be read again', async () => {
      if (service.recover === undefined) throw new NotOffered('secrets are shown once');
      const again = credentialParts(await service.recover(issued.key.id));
      expect(again.join() === credentialParts(issued.credential).join(), 'it is another secret');
    });
    yield await rule('a repeated create makes no second key', async () => {
      if (!provider.repeatable.create) throw new NotOffered('a repeated create makes another key');
      const idempotencyKey = subject.newIdempotencyKey();
      const twice = { ...request, name: `${request.name}_twice` };
      const one = await track(await service.create(twice, { idempotencyKey }));
      const two = await track(await service.create(twice, { idempotencyKey }));
      expect(one.key.id === two.key.id, 'there are two keys');
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

function message(error: unknown): string {
  return error instanceof Error ? error.message : 'failed';
}

/** Passes over a rule that the provider does not offer. */
function unlessNotOffered(error: unknown): void {
  if (!(error instanceof NotOffered)) throw error;
}

/** The id of the newest key of this name. */
async function idOf({ name }: Key, service: KeyService): Promise<string> {
  for await (const key of allKeys(service, { name })) if (key.name === name) return key.id;
  throw new Broken('the response to the create has no id, and no key of its name is listed');
}

/** The key as the provider tells the most of it. */
async function recordOf(id: string, { provider, service }: ContractSubject): Promise<Key> {
  if (provider.operations.get !== null) return await service.get(id);
  for await (const key of allKeys(service, {})) if (key.id === id) return key;
  throw new Broken('it is not listed');
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
