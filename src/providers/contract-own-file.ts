import { compact } from '../domain/compact.js';
import type { ContractRow } from '../domain/contract-row.js';
import { KeysError } from '../domain/errors.js';
import type { CreateKey } from '../domain/key-service.js';
import { RESTRICTION_LISTS } from '../domain/restrictions.js';
import { recordOf } from './contract-checks.js';
import { differences, fieldsOf } from './contract-fields.js';
import { expect, listed, NotSeen, offered, type Trial } from './contract-trial.js';
import { probesOf } from './sent-fields.js';

/**
 * Rules for a file of the user's own, which no one has held against the vendor: each field that a key may be
 * given is given to one, for it may be sent where the vendor does not read it.
 */
export async function* ownFileRules(trial: Trial): AsyncGenerator<ContractRow> {
  const { provider } = trial.subject;
  if (provider.source === null) return;
  yield await trial.rule('a key has each field that it may be given', async () => await givesEach(trial));
  yield await trial.rule('a key is accepted no more after its end', async () => {
    offered(provider.accepts.expires_at !== undefined, 'no key can be given an end');
    throw new NotSeen('no key of this test was kept until its end');
  });
}

async function givesEach(trial: Trial): Promise<void> {
  const { subject } = trial;
  const { provider, clock } = subject;
  const given = new Set(fieldsOf(trial.asked));
  const probes = probesOf(provider, clock.now()).filter(({ field }) => !given.has(field));
  offered(probes.length > 0, 'there is no field beside those that were tried');
  const shown = probes.filter(({ field }) => isShown(field, provider) && hasExample(field, provider));
  if (shown.length === 0) throw new NotSeen(untriedText(probes));
  const plain = shown.filter(({ field }) => isPlain(field, provider));
  const { asked, key, tried } = await createWith(shown, trial).catch(async (error: unknown) => {
    const again = error instanceof KeysError && REFUSED.has(error.code) && plain.length < shown.length;
    if (!again || plain.length === 0) throw notTaken(error, shown);
    return await createWith(plain, trial).catch((second: unknown) => {
      throw notTaken(second, plain);
    });
  });
  const unseen = probes.filter((probe) => !tried.includes(probe));
  const record = await listed(async () => await recordOf(key.id, subject), subject);
  await trial.revoke(key.id);
  const differing = differences(asked, record, provider);
  expect(differing.length === 0, `it was given ${differing.join(', ')}, and its record does not have it`);
  if (unseen.length > 0) throw new NotSeen(untriedText(unseen));
}

interface Probe {
  readonly field: string;
  readonly request: CreateKey;
}

/** Creates a key with what it has so far, and these fields. */
async function createWith(tried: readonly Probe[], trial: Trial) {
  const asked = tried.reduce<CreateKey>((all, { request }) => together(all, request), {
    ...trial.asked,
    name: `${trial.subject.request.name}_fields`,
  });
  const { key } = await trial.create(asked);
  return { asked, key, tried };
}

const untriedText = (probes: readonly Probe[]) =>
  `not tried, or in no record: ${probes.map(({ field }) => field).join(', ')}`;

/** What a vendor says of the examples: it may take other values. */
function notTaken(error: unknown, probes: readonly Probe[]): unknown {
  if (!(error instanceof KeysError) || !REFUSED.has(error.code)) return error;
  const fields = probes.map(({ field }) => field).join(', ');
  return new NotSeen(`the examples for ${fields} were refused: ${error.message}`);
}

/** Scopes whose words are not known have no example: `--scope` tries them. */
function hasExample(field: string, { accepts }: Trial['subject']['provider']): boolean {
  return field !== 'scopes' || accepts.scopes?.values !== undefined;
}

/** Whether an example is of use to every vendor: text may have to name what is there. */
function isPlain(field: string, { options }: Trial['subject']['provider']): boolean {
  if (!field.startsWith('options.')) return field !== 'owner';
  const kind = options.find(({ name }) => `options.${name}` === field)?.kind;
  return kind === 'number' || kind === 'flag';
}

/** Errors of a create that may be right with other values. */
const REFUSED: ReadonlySet<string> = new Set(['unsupported', 'invalid_request', 'forbidden', 'conflict']);

function isShown(field: string, { shows, endpoints }: Trial['subject']['provider']): boolean {
  const shown: readonly string[] = endpoints?.get === undefined ? shows.list : shows.get;
  return shown.includes(RESTRICTION_LISTS.has(field) ? 'restrictions' : field);
}

function together(one: CreateKey, two: CreateKey): CreateKey {
  const { restrictions, options, metadata } = two;
  return {
    ...one,
    ...two,
    name: one.name,
    ...compact({
      restrictions: restrictions && { ...one.restrictions, ...restrictions },
      options: (options ?? one.options) && { ...one.options, ...options },
      metadata: (metadata ?? one.metadata) && { ...one.metadata, ...metadata },
    }),
  };
}
