import type { Connection } from '../connect/connection.js';
import { isoTime } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { newIdempotencyKey } from '../domain/idempotency.js';
import type { IssuedKey, Key } from '../domain/key.js';
import type { DestinationPlan } from '../places/destination.js';
import type { Operation } from '../storage/ledger/operation.js';
import { secretItem } from '../storage/ledger/saved-secrets.js';
import { keyFields } from '../terminal/key-columns.js';
import { type DestinationFlags, labelOf, openDestination, planDestinations } from './destinations.js';
import { begin, type IssueMeans, MARK, type Outcome } from './issue.js';
import type { LifecycleContext } from './lifecycle-context.js';

export interface Issue {
  readonly request: Operation['request'];
  /** Of the key that is made. */
  readonly name: string;
  /** The old key, of a roll. */
  readonly previous: Key | null;
  readonly retire: Operation['retire'];
}

/** What `rotation` needs, over this call's connection. `showSecrets` false: nobody reads stdout. */
export async function issueMeans(
  connection: Connection,
  context: LifecycleContext,
  { showSecrets = true }: { readonly showSecrets?: boolean } = {},
): Promise<IssueMeans> {
  const { openSavedSecrets } = await import('../storage/ledger/saved-secrets.js');
  return {
    ledger: await context.ledger(),
    service: connection.service,
    secrets: await openSavedSecrets(context),
    clock: context.clock,
    pid: context.process.pid,
    newIdempotencyKey: newIdempotencyKey,
    destination: (plan, issued, previous) =>
      plan.kind === 'stdout' && !showSecrets ? null : lazily(plan, { issued, previous }, context),
    check: connection.tryOut,
    warn: (message) => context.output.warn(message),
  };
}

/** A destination whose module is loaded when it is delivered to. */
function lazily(
  plan: DestinationPlan,
  shown: { readonly issued: IssuedKey; readonly previous: Key | null },
  context: LifecycleContext,
) {
  return {
    label: labelOf(plan),
    reserve: async () => (await openDestination(plan, shown, context)).reserve(),
    deliver: async (credential: IssuedKey['credential']) =>
      (await openDestination(plan, shown, context)).deliver(credential),
  };
}

/**
 * Issues a key and hands it over: every destination is reserved before the request is sent, and the request is written down
 * before that. Throws with nothing minted, or `delivery_owed` (exit 9) with what `keys resume` will finish.
 */
export async function issueKey(
  issue: Issue,
  flags: DestinationFlags,
  connection: Connection,
  context: LifecycleContext,
): Promise<{ readonly issued: IssuedKey; readonly outcome: Outcome }> {
  const id = `op_${newIdempotencyKey()
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 16)}`;
  const plans = planDestinations(flags, { name: issue.name, operation: id }, connection, context);
  for (const plan of plans) {
    for (const warning of await (await openDestination(plan, null, context)).reserve())
      context.output.warn(warning);
  }
  const idempotent =
    connection.kind === 'embedded' ||
    connection.provider.operations.create !== 'endpoint' ||
    connection.provider.idempotent;
  const escrow = idempotent || flags.escrow === false ? null : `escrow:${id}`;
  if (escrow !== null) await reserveEscrow(context);
  const operation: Operation = {
    id,
    kind: issue.previous === null ? 'create' : 'roll',
    target: connection.target,
    place: connection.place,
    idempotencyKey: newIdempotencyKey(),
    idempotent,
    request: marked(issue.request, id, idempotent, connection),
    key: null,
    previous: issue.previous,
    escrow,
    deliveries: plans.map((plan) => ({ plan: { ...plan }, label: labelOf(plan), delivered: false })),
    verify: issue.previous !== null,
    retire: issue.retire,
    step: 'intended',
    created_at: context.clock.now(),
  };
  const means = await issueMeans(connection, context);
  const outcome =
    connection.kind === 'guided'
      ? await issueGuided(operation, means, connection)
      : await begin(operation, means);
  if (outcome.issued === null) throw new TypeError('a fresh operation ends with a key');
  const stdout = plans.some(({ kind }) => kind === 'stdout');
  await report(outcome, outcome.issued, { stdout, labels: plans.map(labelOf) }, context);
  return { issued: outcome.issued, outcome };
}

/** Before a mint that cannot be repeated: a place for its answer. */
async function reserveEscrow(context: LifecycleContext): Promise<void> {
  const { openSavedSecrets } = await import('../storage/ledger/saved-secrets.js');
  try {
    await (await openSavedSecrets(context)).reserve();
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    throw new KeysError(error.code, `an answer that is lost could not be had again here: ${error.message}`, {
      hint: 'unlock or start a keychain; or --no-escrow, and take the risk',
    });
  }
}

/** Where a repeat is not recognised, the key carries a mark by which it is known again, if its vendor keeps one. */
function marked(
  request: Operation['request'],
  id: string,
  idempotent: boolean,
  { provider }: Connection,
): Operation['request'] {
  if (idempotent || !provider.keepsMetadata || !('create' in request)) return request;
  return { create: { ...request.create, metadata: { ...request.create.metadata, [MARK]: id } } };
}

/** A guided mint is a person's: there is nothing to repeat, and its secret is saved before we hear of it. */
async function issueGuided(
  operation: Operation,
  means: IssueMeans,
  connection: Connection,
): Promise<Outcome> {
  const { service, provider, place } = connection;
  const { request } = operation;
  const idempotencyKey = operation.idempotencyKey;
  const { issued, previous } =
    'create' in request
      ? { issued: await service.create(request.create, { idempotencyKey }), previous: operation.previous }
      : await rolled(connection, request, idempotencyKey);
  const escrow = secretItem({ provider: provider.id, place }, issued.key.id);
  return await begin({ ...operation, step: 'minted', key: issued.key, previous, escrow }, means);
}

async function rolled(
  { service }: Connection,
  request: Extract<Operation['request'], { roll: string }>,
  idempotencyKey: string,
): Promise<{ issued: IssuedKey; previous: Key }> {
  const { roll, grace_seconds } = request;
  const answer = await service.roll(roll, grace_seconds === undefined ? {} : { grace_seconds }, {
    idempotencyKey,
  });
  return { issued: { key: answer.key, credential: answer.credential }, previous: answer.previous };
}

/** Says what came of it; the record without its secret, where the secret went elsewhere. Throws `delivery_owed`. */
async function report(
  { owed, previous }: Outcome,
  issued: IssuedKey,
  { stdout, labels }: { readonly stdout: boolean; readonly labels: readonly string[] },
  context: LifecycleContext,
): Promise<void> {
  const output = context.output;
  if (!stdout) {
    const delivered = labels.filter((label) => !owed.some((one) => one.label === label));
    await output.record(
      { ...issued.key, ...(previous === null ? {} : { previous }), delivered_to: delivered },
      [
        ...keyFields(issued.key, context.clock.now(), output.human),
        ['delivered to', delivered.join(', ') || 'saved keys'],
      ],
    );
  }
  if (owed.length === 0) return;
  for (const { label, reason } of owed) output.warn(`not delivered to ${label}: ${reason}`);
  throw new KeysError(
    'delivery_owed',
    `${issued.key.id} is live, and its secret is still owed to ${owed.map(({ label }) => label).join(', ')}`,
    {
      hint: 'run keys resume',
      details: { key_id: issued.key.id, owed: owed.map(({ label }) => label) },
    },
  );
}

/** An end as people and programs read it: local, and UTC. */
export function absoluteTime(ms: number): string {
  const local = new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  return `${local} (${isoTime(ms)})`;
}
