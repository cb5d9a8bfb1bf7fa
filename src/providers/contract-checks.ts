import { allKeys } from '../domain/all-keys.js';
import { compact } from '../domain/compact.js';
import { isEnded } from '../domain/ended-key.js';
import { type ErrorCode, KeysError } from '../domain/errors.js';
import {
  type CreatedKey,
  type Credential,
  credentialParts,
  identifyingPart,
  type Key,
  type RolledKey,
} from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';
import { Broken, type ContractSubject, expect, NotOffered, unlessNotOffered } from './contract-trial.js';
import { lookUntil } from './look-until.js';

/** The default grace of a roll if the provider lets the caller choose it. */
const GRACE_SECONDS = 3_600;
/** How far from what was asked an end may be: requests take time, and some vendors round to the minute. */
const TOLERANCE_MS = 120_000;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** The key with all fields that the provider returns. Throws `Broken` for a key that is not listed. */
export async function recordOf(id: string, { provider, service }: ContractSubject): Promise<Key> {
  if (provider.operations.get !== null) return await service.get(id);
  for await (const key of allKeys(service, {})) if (key.id === id) return key;
  throw new Broken('it is not listed');
}

export async function isWholeKey(
  { key, credential }: CreatedKey,
  { provider, request }: ContractSubject,
): Promise<void> {
  const { rule, stored = (name: string) => name } = provider.names;
  const name = rule === 'none' ? key.id : stored(request.name);
  expect(key.name === name, `its name is ${key.name}`);
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

/** Of a pair, the half that identifies may be the id. */
export function hasNoSecret(key: Key, { credential }: CreatedKey): void {
  const record = JSON.stringify(key);
  const secrets = 'secret' in credential ? [credential.secret] : [credential.secret_key];
  expect(!secrets.some((secret) => record.includes(secret)), 'the record shows the secret');
}

export async function isListed(created: CreatedKey, service: KeyService): Promise<void> {
  const found: Key[] = [];
  for await (const key of allKeys(service, {})) if (key.id === created.key.id) found.push(key);
  expect(found.length === 1, `it is listed ${found.length} times`);
  for (const key of found) {
    expect(key.name === created.key.name, `its name is ${key.name}`);
    hasNoSecret(key, created);
  }
}

/** Waits for as long as the vendor says that a new key may not work yet; `seconds`: in the place of that. */
export async function isAccepted(
  { credential }: CreatedKey,
  subject: ContractSubject,
  seconds = subject.provider.settling.created,
): Promise<void> {
  const refusal = await refusalWithin(seconds, (found) => found === null, credential, subject);
  expect(refusal === null, `it is refused: ${refusal}`);
}

/** Pauses and unpauses a key. Where no request tries a key, its status alone is compared. */
export async function pauses(created: CreatedKey, subject: ContractSubject): Promise<void> {
  const { service } = subject;
  const { id } = created.key;
  const paused = await service.pause?.(id);
  expect(paused?.status === 'paused', `its status is ${paused?.status}`);
  await isRefused(created, subject).catch(unlessNotOffered);
  const active = await service.unpause?.(id);
  expect(active?.status === 'active', `its status is ${active?.status} afterwards`);
  const { created: works, revoked: stops } = subject.provider.settling;
  await isAccepted(created, subject, Math.max(works, stops)).catch(unlessNotOffered);
}

/** Waits for as long as the vendor says that a revoked key may still work. */
export async function isRefused({ credential }: CreatedKey, subject: ContractSubject): Promise<void> {
  const { revoked } = subject.provider.settling;
  const refusal = await refusalWithin(revoked, (found) => found !== null, credential, subject);
  expect(refusal !== null, 'it is accepted');
}

/** Why a key is not good, tried again for so many seconds until it is as it should be. */
async function refusalWithin(
  seconds: number,
  isAsItShouldBe: (refusal: string | null) => boolean,
  credential: Credential,
  subject: ContractSubject,
): Promise<string | null> {
  const { sleep } = subject;
  return await lookUntil(() => refusalOf(credential, subject), isAsItShouldBe, { seconds, sleep });
}

/** Why a key is not good; null where it is. By the service's own verdict, else by using the key. */
async function refusalOf(
  credential: Credential,
  { provider, service, tryOut }: ContractSubject,
): Promise<string | null> {
  if (provider.operations.verify === 'endpoint') {
    const verdict = await service.verify({ key: identifyingPart(credential) });
    return verdict.valid ? null : verdict.reason;
  }
  const tried = await tryOut(credential);
  if (tried.outcome === 'not_asked') throw new NotOffered(String(tried.message));
  if (tried.outcome === 'unreachable' || tried.outcome === 'mistaken') throw new Broken(tried.message);
  return tried.outcome === 'accepted' ? null : tried.message;
}

/**
 * Rolls a key with the provider's own roll. Throws `Broken` for the old secret, and for another grace than
 * was asked.
 */
export async function rolled(
  old: CreatedKey,
  { provider, service, clock, newIdempotencyKey }: ContractSubject,
): Promise<RolledKey> {
  const { roll } = provider;
  const grace = roll.by === 'provider' && roll.grace.kind === 'any' ? GRACE_SECONDS : undefined;
  const successor = await service.roll(old.key.id, compact({ grace_seconds: grace }), {
    idempotencyKey: newIdempotencyKey(),
  });
  const isOther = identifyingPart(successor.credential) !== identifyingPart(old.credential);
  expect(isOther, 'its secret is the old one');
  expect(successor.previous.id === old.key.id, `the old key is ${successor.previous.id}`);
  if (grace !== undefined) {
    const end = Date.parse(successor.previous.expires_at ?? '');
    const asked = clock.now() + grace * 1000;
    expect(Math.abs(end - asked) <= TOLERANCE_MS, `the old key ends at ${successor.previous.expires_at}`);
  }
  return successor;
}

export async function expectEnded({ id }: Key, service: KeyService): Promise<void> {
  for await (const key of allKeys(service, {})) {
    expect(key.id !== id || isEnded(key.status), `it is listed as ${key.status}`);
  }
}

export async function failsWith(call: Promise<unknown>, codes: readonly ErrorCode[]): Promise<void> {
  try {
    await call;
  } catch (error) {
    expect(error instanceof KeysError && codes.includes(error.code), `it fails otherwise: ${String(error)}`);
    return;
  }
  throw new Broken('the request succeeds');
}

/**
 * An id of the same form that names no key. Of a number it is one far away, for a neighbour may be another
 * key; of anything else the last letter or digit is another one.
 */
export function otherId(id: string): string {
  if (/(^|[^0-9a-z])[0-9]+$/i.test(id)) return id.replace(/[0-9]+$/, (digits) => `9${digits}`);
  return id.replace(/[0-9a-z](?=[^0-9a-z]*$)/i, (last) => (last === '0' ? '1' : '0'));
}
