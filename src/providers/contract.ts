import type { ContractRow } from '../domain/contract-row.js';
import { KeysError } from '../domain/errors.js';
import { type CreatedKey, credentialParts } from '../domain/key.js';
import type { CreateKey } from '../domain/key-service.js';
import * as check from './contract-checks.js';
import { differences, successorRequest, unseen, untold, withExpiry, withSetting } from './contract-fields.js';
import { ownFileRules } from './contract-own-file.js';
import {
  type ContractSubject,
  expect,
  listed,
  NotSeen,
  offered,
  startTrial,
  type Trial,
  unlessNotFound,
  unlessNotOffered,
} from './contract-trial.js';
import { placeOfLost, sentFields } from './sent-fields.js';

export type { ContractSubject } from './contract-trial.js';

/**
 * The contract of a key service, rule by rule, over a real one: at most five keys are created and revoked on
 * the way. Every capability that the definition claims is tried. Whatever happens, the created keys are
 * revoked. Yields a row as soon as its rule was tried; throws only where no key could be created.
 */
export async function* checkContract(subject: ContractSubject): AsyncGenerator<ContractRow> {
  const trial = startTrial(subject);
  try {
    const { lost, unwritten } = sentFields(subject.provider, subject.clock.now());
    yield await trial.rule('a create that is given a field writes it into its request', async () => {
      expect(lost.length === 0, lost.map((field) => placeOfLost(subject.provider, field)).join('; '));
      if (unwritten.length > 0) throw new NotSeen(`not tried, no example fits: ${unwritten.join(', ')}`);
    });
    const first = await createFirst(trial, lost);
    yield* newKeyRules(trial, first);
    const last = yield* rollRules(trial, first);
    yield* ownFileRules(trial);
    yield* repeatRules(trial);
    yield* endRules(trial, last);
    const left = await trial.end();
    if (left.there.length > 0 || left.unknown.length > 0)
      yield await trial.rule('every key of the test is revoked', async () => {
        const { there, unknown } = left;
        expect(there.length === 0, `these keys are still there, revoke them by hand: ${there.join(', ')}`);
        throw new NotSeen(`the keys cannot be listed: look for these by hand: ${unknown.join(', ')}`);
      });
  } finally {
    await trial.end();
  }
}

/** Whether a key can have an end or a setting may depend on its context: then it has none. */
async function createFirst(trial: Trial, lost: readonly string[]): Promise<CreatedKey> {
  const { subject } = trial;
  const ending = lost.includes('expires_at') ? subject.request : withExpiry(subject.request, subject);
  const tried = [withSetting(ending, subject.provider), ending, subject.request];
  for (const asked of tried.filter((each, i) => each !== tried[i + 1])) {
    trial.asked = asked;
    try {
      return await trial.create(asked);
    } catch (error) {
      const refused = error instanceof KeysError && REFUSED.has(error.code);
      if (!refused || asked === subject.request) throw error;
    }
  }
  throw new KeysError('internal', 'no create was tried');
}

/** Errors of a create that may be right with less. */
const REFUSED: ReadonlySet<string> = new Set(['unsupported', 'invalid_request', 'forbidden']);

async function* newKeyRules(trial: Trial, created: CreatedKey): AsyncGenerator<ContractRow> {
  const { subject, rule } = trial;
  const { provider, service, request } = subject;
  const { id } = created.key;
  const hasGet = provider.operations.get !== null;
  yield await rule('create shows the key and its secret', async () => check.isWholeKey(created, subject));
  yield await rule('a new key has what was asked for', async () => {
    const record = await listed(async () => check.recordOf(id, subject), subject);
    const differing = differences(trial.asked, record, provider);
    expect(differing.length === 0, `it has another ${differing.join(', ')}`);
  });
  yield await rule('a record has every field that is read', async () => {
    const missing = unseen(await check.recordOf(id, subject), provider);
    const unreadable = subject.unreadable?.() ?? [];
    expect(unreadable.length === 0, unreadable.join('; '));
    if (missing.length > 0) throw new NotSeen(`in no record so far: ${missing.join(', ')}`);
  });
  yield await rule('list has the key, once, without its secret', async () =>
    listed(async () => check.isListed(created, service), subject),
  );
  yield await rule('show finds a key by its id', async () => {
    offered(hasGet, `${provider.title} has no way to show a key`);
    check.hasNoSecret(await listed(async () => service.get(id), subject), created);
  });
  yield await rule('show knows no key by another id', async () => {
    offered(hasGet, `${provider.title} has no way to show a key`);
    await check.failsWith(service.get(check.otherId(id)), ['not_found', 'invalid_request']);
  });
  yield await rule('update changes the name', async () => {
    const renames = provider.operations.update !== null && provider.updates.includes('name');
    offered(renames, `${provider.title} has no way to rename a key`);
    const name = `${request.name}_renamed`;
    const updated = await service.update(id, { name });
    expect(updated.name === name, `its name is ${updated.name}`);
  });
  yield await rule('a new key is accepted', async () => check.isAccepted(created, subject));
  yield* deliveryRule('a secret arrives at a place as it was shown', created, trial);
  yield await rule('a paused key is refused until it is unpaused', async () => {
    offered(service.pause !== undefined, `${provider.title} has no way to pause a key`);
    await check.pauses(created, subject);
  });
}

async function* deliveryRule(
  name: string,
  { credential }: CreatedKey,
  { subject: { deliver }, rule }: Trial,
): AsyncGenerator<ContractRow> {
  if (deliver === undefined) return;
  yield await rule(name, async () => {
    const there = credentialParts(await deliver(credential));
    expect(there.join('\n') === credentialParts(credential).join('\n'), 'another value is there');
  });
}

/** Returns the key that is left: a successor where a roll worked. */
async function* rollRules(trial: Trial, created: CreatedKey): AsyncGenerator<ContractRow, CreatedKey> {
  const { subject, rule } = trial;
  const { provider, service } = subject;
  const hasRoll = provider.operations.roll === 'endpoint';
  let left = created;
  yield await rule('roll gives another secret, and the old key its grace', async () => {
    offered(hasRoll, 'no roll of its own: a successor is created');
    left = await trial.track(await check.rolled(created, subject));
  });
  yield await rule('a composed roll gives a key with the same rights', async () => {
    offered(!hasRoll, 'it has a roll of its own');
    const old = await check.recordOf(created.key.id, subject);
    const successor = await trial.create(successorRequest(old, trial.asked, subject));
    const record = await listed(async () => check.recordOf(successor.key.id, subject), subject);
    const differing = differences(old, record, provider);
    expect(differing.length === 0, `the successor has another ${differing.join(', ')}`);
    await check.isAccepted(created, subject).catch(unlessNotOffered);
    await trial.revoke(created.key.id);
    left = successor;
    const unknown = untold(trial.asked, old, provider);
    if (unknown.length > 0)
      throw new NotSeen(`the record of the old key does not show ${unknown.join(', ')}`);
  });
  if (left !== created) yield* deliveryRule('the secret of a successor takes its place', left, trial);
  yield await rule('a lost secret can be read again', async () => {
    offered(service.recover !== undefined, 'secrets are shown once');
    const again = credentialParts(await service.recover(left.key.id));
    expect(again.join() === credentialParts(left.credential).join(), 'it is another secret');
  });
  return left;
}

async function* repeatRules(trial: Trial): AsyncGenerator<ContractRow> {
  const { provider, request, stranger, newIdempotencyKey } = trial.subject;
  yield await trial.rule('a repeated create makes no second key', async () => {
    offered(provider.repeatable.create, 'a repeated create creates another key');
    const idempotencyKey = newIdempotencyKey();
    const twice: CreateKey = { ...request, name: `${request.name}_twice` };
    const one = await trial.create(twice, idempotencyKey);
    const two = await trial.create(twice, idempotencyKey);
    expect(one.key.id === two.key.id, 'there are two keys');
  });
  yield await trial.rule('a wrong credential is refused', async () => {
    await check.failsWith(stranger.list({ limit: 1 }), ['unauthenticated', 'forbidden']);
  });
}

async function* endRules(trial: Trial, { key, credential }: CreatedKey): AsyncGenerator<ContractRow> {
  const { subject, rule } = trial;
  yield await rule('a revoked key stops working', async () => {
    await trial.revoke(key.id);
    await listed(async () => check.expectEnded(key, subject.service), subject);
  });
  yield await rule('a revoked key is accepted no more', async () =>
    check.isRefused({ key, credential }, subject),
  );
  yield await rule('revoking it again does no harm', async () => {
    await subject.service.revoke(key.id).catch(unlessNotFound);
  });
}
