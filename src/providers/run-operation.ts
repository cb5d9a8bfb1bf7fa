import type { Clock } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { type ErrorCode, KeysError, withOutcome } from '../domain/errors.js';
import { requireContext } from '../domain/expressible.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import { type CreatedKey, type Credential, secretPartOf } from '../domain/key.js';
import type { CreationOptions } from '../domain/key-service.js';
import type { Redactor } from '../domain/redactor.js';
import type { TransportResponse } from '../http/transport.js';
import { readJson, readResponse, throwErrorStatus } from '../http/wire/read-response.js';
import { callContext } from './call-context.js';
import { CHECK_OUTPUT, KEY_MEMBERS } from './check-output.js';
import type {
  Call,
  CallContext,
  OperationDefinition,
  OperationTypes,
  ProviderDefinition,
} from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { withoutSecret } from './hide-secret.js';
import { shownCreated } from './key-handles.js';
import { asMistake, guarded, named } from './mistakes.js';
import { requireCall } from './require-call.js';
import { createSender, type Send, type SenderOptions } from './sender.js';
import { unsupported } from './unsupported.js';
import { refusalAtFile } from './vendor-refusal.js';

type Input<Name extends keyof OperationTypes> = OperationTypes[Name]['input'];
type Output<Name extends keyof OperationTypes> = OperationTypes[Name]['output'];

interface RunOptions {
  /** Of an operation that gives a new secret. */
  readonly creation?: CreationOptions;
  /** Secrets that the request carries beside the credential. */
  readonly secrets?: readonly string[];
  readonly force?: boolean | undefined;
}

/**
 * Runs one operation of a definition and returns its checked output. Throws `unsupported` for an operation
 * that the definition lacks, `provider_mistake` and `bad_response` where definition and response do not fit,
 * and what `Transport` and `readResponse` throw.
 */
export type Run = <Name extends keyof OperationTypes>(
  name: Name,
  input: Input<Name>,
  options?: RunOptions,
) => Promise<Output<Name>>;

export interface RunnerOptions extends SenderOptions {
  readonly clock: Clock;
  readonly credential: Credential;
  readonly set: Readonly<Record<string, string>>;
  /** Called once for each field of a response that cannot be read, so that it is unknown. */
  readonly warn: (message: string) => void;
}

/** What every run of one service shares. */
interface Runner {
  readonly definition: ProviderDefinition;
  readonly redactor: Redactor;
  readonly send: Send;
}

/** One run of an operation. */
interface Running {
  readonly name: keyof OperationTypes;
  /** Where the file has what is run, such as `endpoints.update.first`, or `keys.update`. */
  readonly place: string;
  readonly context: CallContext;
  readonly secrets: readonly string[];
  readonly creation: CreationOptions | undefined;
}

/** Operations that change nothing at the vendor. */
const READS: ReadonlySet<keyof OperationTypes> = new Set([
  ...(['list', 'get', 'verify', 'whoami', 'holders', 'events', 'usage', 'recover'] as const),
]);

export function createRunner(definition: ProviderDefinition, options: RunnerOptions): Run {
  const { redactor, set } = options;
  redactor.add(secretPartOf(options.credential));
  const runner: Runner = { definition, redactor, send: createSender(definition, options) };
  const note = noteOnce(definition, options.warn);

  return async (name, input, { creation, secrets = [], force = false } = {}) => {
    const operation = definition.endpoints?.[name];
    if (operation === undefined) throw unsupported(definition, name);
    requireContext(definition, set);
    const place = operation.member ?? `endpoints.${name}`;
    // A secret that the definition creates is redacted like one that it is given.
    const carried = [...secrets];
    const context = callContext({
      ...options,
      definition,
      creation,
      onSecret(secret) {
        carried.push(secret);
        redactor.add(secret);
      },
      note: (field, problem) => note(name, placeOf(field, place, definition), problem),
    });
    const running = { name, place, context: { ...context, force }, secrets: carried, creation };
    const result = runAll(runner, operation, input, running);
    return await (READS.has(name) ? unchanged(result) : result);
  };
}

function noteOnce(definition: ProviderDefinition, warn: (message: string) => void) {
  const warned = new Set<string>();
  return (name: string, field: string, problem: string): void => {
    const message = `${named(definition)}: ${name}: ${field} ${problem}`;
    if (warned.has(message)) return;
    warned.add(message);
    warn(message);
  };
}

/** The operation's output, checked, and with a new secret the requests that follow it. */
async function runAll<Name extends keyof OperationTypes>(
  runner: Runner,
  operation: OperationDefinition<Input<Name>, Output<Name>>,
  input: Input<Name>,
  running: Running & { readonly name: Name },
): Promise<Output<Name>> {
  const { definition, redactor } = runner;
  const { name, creation, context } = running;
  const read = await runOne(runner, operation, input, running);
  const check: (value: unknown, note: CallContext['note']) => Output<Name> = CHECK_OUTPUT[name];
  const checked = guarded(() => check(read, context.note), definition, name, partOf(running, 'read'));
  const output = isCreatedKey(checked) ? secretHidden(checked, definition, context.note) : checked;
  const created = creation === undefined || !isCreatedKey(output) ? null : output;
  if (created !== null) {
    redactor.add(secretPartOf(created.credential));
    await creation?.received?.(shownCreated(definition, created));
  }
  try {
    await runFurther(runner, operation, { input, output }, running);
  } catch (error) {
    // The secret is here and the key works: what failed afterwards is reported beside it.
    if (created === null || !(error instanceof KeysError)) throw withOutcome(error, 'unknown');
    return { ...output, incomplete: redactor.redact(error.message) };
  }
  return output;
}

/** What an operation gave that shows a new secret once, with a record that does not show it. */
function secretHidden<Output extends CreatedKey>(
  output: Output,
  { idIsSecret }: ProviderDefinition,
  note: CallContext['note'],
): Output {
  return { ...output, key: withoutSecret(output.key, secretPartOf(output.credential), note, idIsSecret) };
}

/** Sends the requests that follow an operation. */
async function runFurther<In, Out>(
  runner: Runner,
  operation: OperationDefinition<In, Out>,
  { input, output }: { readonly input: In; readonly output: Out },
  running: Running,
): Promise<void> {
  const { definition, send } = runner;
  const { name, place, context } = running;
  for (let { next } = operation, at = `${place}.next`; next !== undefined; { next } = next, at += '.next')
    await runOne(runner, next, input, { ...running, place: placed(at, next) });
  const part = partOf(running, 'steps');
  const steps = guarded(() => operation.steps?.(output, input, context) ?? [], definition, name, part);
  for (const each of steps) {
    const call = callOf(() => each, definition, running);
    const { response, url } = await send(call, context, sendingOf(definition, running));
    throwRefusal(runner, response, { call, running, where: whereOf(url) });
  }
}

/** One request and its response as the operation reads it, with the operation that comes first. */
async function runOne<In, Out>(
  runner: Runner,
  operation: OperationDefinition<In, Out>,
  input: In,
  running: Running,
): Promise<Out> {
  const { definition, send } = runner;
  const { name, place, context, creation } = running;
  const first =
    operation.first === undefined
      ? undefined
      : await unchanged(
          runOne(runner, operation.first, input, {
            ...running,
            place: placed(`${place}.first`, operation.first),
            creation: undefined,
          }),
        );
  const call = callOf(() => operation.call(input, context, first as never), definition, running);
  const { response, url } = await send(call, context, sendingOf(definition, running));
  const { status } = response;
  if (status === 409 && operation.onConflict !== undefined && creation !== undefined) {
    const at = placed(`${place}.onConflict`, operation.onConflict);
    return await runOne(runner, operation.onConflict, input, { ...running, place: at });
  }
  const json = readJson(response);
  if (operation.notFound !== undefined && status === 404 && json !== undefined) return operation.notFound;
  const judged = guarded(
    () => operation.judge?.({ status, body: json }, input, context),
    definition,
    name,
    partOf(running, 'judge'),
  );
  if (judged !== undefined) return judged;
  const body = bodyOf(runner, operation, response, { call, running, where: whereOf(url) });
  return guarded(
    () => operation.read(body as never, input, context, first as never),
    definition,
    name,
    partOf(running, 'read'),
  );
}

/** What an operation sends. After a mistake here, nothing was sent. */
function callOf(call: () => Call, definition: ProviderDefinition, running: Running): Call {
  const part = partOf(running, 'call');
  try {
    const found = guarded(() => requireCall(call(), part), definition, running.name, part);
    return found.from === undefined && part !== 'call' ? { ...found, from: { at: part } } : found;
  } catch (error) {
    throw withOutcome(error, 'not_done');
  }
}

/**
 * Waits for a request that changes nothing, whatever its response: if it fails, the operation has done
 * nothing yet.
 */
async function unchanged<Value>(request: Promise<Value>): Promise<Value> {
  try {
    return await request;
  } catch (error) {
    throw withOutcome(error, 'not_done');
  }
}

/** A request that was sent: what throws for its response names it. */
interface Asked {
  readonly call: Call;
  readonly running: Running;
  readonly where: string;
}

/** Throws the error that an error status tells, with the place in a file of the user's own. */
function throwRefusal(
  { definition, redactor }: Runner,
  response: TransportResponse,
  { call, running, where }: Asked,
): void {
  try {
    throwErrorStatus(response, call.method, where, redactor.redact);
  } catch (error) {
    throw refusalAtFile(error, call, response.status, { definition, operation: running.name });
  }
}

/** The body as the operation's schema reads it. Throws the error that the response reports. */
function bodyOf<In, Out>(
  runner: Runner,
  operation: OperationDefinition<In, Out>,
  response: TransportResponse,
  asked: Asked,
): unknown {
  const { definition, redactor } = runner;
  const { method } = asked.call;
  const { where } = asked;
  const { name } = asked.running;
  throwRefusal(runner, response, asked);
  const failure = guarded(() => failureIn(response, definition), definition, name, 'failure');
  if (failure !== undefined) {
    const error = new KeysError(failure.code, `${failure.message} (${method} ${where})`);
    throw refusalAtFile(error, asked.call, response.status, { definition, operation: name });
  }
  if (operation.response === undefined) return undefined;
  try {
    return readResponse(operation.response, response, method, where, redactor.redact);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'bad_response') throw error;
    const { hint, details } = asMistake(null, definition, name, 'read');
    throw new KeysError('bad_response', `${named(definition)}: ${name}: ${error.message}`, {
      ...compact({ hint, details }),
    });
  }
}

/** The failure that a response of 200 says, as the definition reads it. Throws `DefinitionMistake`. */
function failureIn(
  response: TransportResponse,
  definition: Pick<ProviderDefinition, 'failure'>,
): { readonly code: ErrorCode; readonly message: string } | undefined {
  const failure: unknown = definition.failure(readJson(response));
  if (failure === undefined || failure === null) return undefined;
  if (typeof failure === 'string') return { code: 'invalid_request', message: failure };
  const { code, message } = failure as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && typeof message === 'string') return { code: code as ErrorCode, message };
  throw new DefinitionMistake('failure', 'returns neither a text nor { code, message }');
}

function sendingOf(definition: ProviderDefinition, { name, creation, secrets }: Running) {
  return {
    headers:
      creation !== undefined && definition.idempotent
        ? { [IDEMPOTENCY_HEADER]: creation.idempotencyKey }
        : {},
    secretInResponse: creation !== undefined || name === 'recover' || definition.idIsSecret,
    secrets,
  };
}

/** A part of what is run; with its place where the file has the operation itself. */
function partOf({ place }: Pick<Running, 'place'>, part: string): string {
  return place.startsWith('endpoints.') ? `${place}.${part}` : part;
}

const placed = (place: string, { member }: Pick<OperationDefinition<never, unknown>, 'member'>) =>
  member ?? place;

/** A member of a key as the place in the file that reads it; a provider of the program's own has no file. */
function placeOf(field: string, place: string, { source }: Pick<ProviderDefinition, 'source'>): string {
  const [member = ''] = field.split(' ');
  if (source === null || !KEY_MEMBERS.has(member)) return field;
  return place.startsWith('endpoints.') ? `${place}.read: ${field}` : `keys.fields.${field}`;
}

function isCreatedKey(output: unknown): output is CreatedKey {
  return typeof output === 'object' && output !== null && 'credential' in output;
}

/**
 * A URL without its query, for messages. The engine redacts every message: to redact each URL here costs
 * every call milliseconds.
 */
function whereOf(url: string): string {
  return url.replace(/\?.*$/s, '');
}
