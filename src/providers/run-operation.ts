import type { Clock } from '../domain/clock.js';
import { type ErrorCode, KeysError, withOutcome } from '../domain/errors.js';
import { requireContext } from '../domain/expressible.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import { isRecord } from '../domain/is-record.js';
import { type CreatedKey, type Credential, secretPartOf } from '../domain/key.js';
import type { CreationOptions } from '../domain/key-service.js';
import type { Redactor } from '../domain/redactor.js';
import type { TransportResponse } from '../http/transport.js';
import { readJson, readResponse, throwErrorStatus } from '../http/wire/read-response.js';
import { callContext } from './call-context.js';
import { CHECK_OUTPUT } from './check-output.js';
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
import { createSender, type Send, type SenderOptions } from './sender.js';
import { unsupported } from './unsupported.js';

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
  readonly context: CallContext;
  readonly secrets: readonly string[];
  readonly creation: CreationOptions | undefined;
}

/** Operations that change nothing at the vendor. */
const READS: ReadonlySet<keyof OperationTypes> = new Set([
  ...(['list', 'get', 'verify', 'whoami', 'events', 'usage', 'recover'] as const),
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
      note: (field, problem) => note(name, field, problem),
    });
    const running = { name, context: { ...context, force }, secrets: carried, creation };
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
  const checked = guarded(() => check(read, context.note), definition, name, 'read');
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
  const { definition, redactor, send } = runner;
  const { name, context } = running;
  for (let { next } = operation; next !== undefined; { next } = next)
    await runOne(runner, next, input, running);
  const steps = guarded(() => operation.steps?.(output, input, context) ?? [], definition, name, 'steps');
  for (const each of steps) {
    const call = callOf(() => each, definition, name);
    const { response, url } = await send(call, context, sendingOf(definition, running));
    throwErrorStatus(response, call.method, whereOf(url), redactor.redact);
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
  const { name, context, creation } = running;
  const first =
    operation.first === undefined
      ? undefined
      : await unchanged(runOne(runner, operation.first, input, { ...running, creation: undefined }));
  const call = callOf(() => operation.call(input, context, first as never), definition, name);
  const { response, url } = await send(call, context, sendingOf(definition, running));
  const { status } = response;
  if (status === 409 && operation.onConflict !== undefined && creation !== undefined) {
    return await runOne(runner, operation.onConflict, input, running);
  }
  const json = readJson(response);
  if (operation.notFound !== undefined && status === 404 && json !== undefined) return operation.notFound;
  const judged = guarded(
    () => operation.judge?.({ status, body: json }, input, context),
    definition,
    name,
    'judge',
  );
  if (judged !== undefined) return judged;
  const body = bodyOf(runner, operation, response, { call, name, where: whereOf(url) });
  return guarded(
    () => operation.read(body as never, input, context, first as never),
    definition,
    name,
    'read',
  );
}

/** What an operation sends. After a mistake here, nothing was sent. */
function callOf(call: () => Call, definition: ProviderDefinition, name: string): Call {
  try {
    return guarded(() => requireCall(call()), definition, name, 'call');
  } catch (error) {
    throw withOutcome(error, 'not_done');
  }
}

const METHODS: ReadonlySet<unknown> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** Throws `DefinitionMistake` for what is no request. A path without a slash would be the end of the host. */
function requireCall(call: Call): Call {
  const { method, path } = (isRecord(call) ? call : {}) as Partial<Call>;
  if (METHODS.has(method) && typeof path === 'string' && path.startsWith('/')) return call;
  throw new DefinitionMistake('call', "returns no request, such as { method: 'GET', path: '/keys' }");
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

/** The body as the operation's schema reads it. Throws the error that the response reports. */
function bodyOf<In, Out>(
  { definition, redactor: { redact } }: Runner,
  operation: OperationDefinition<In, Out>,
  response: TransportResponse,
  { call: { method }, name, where }: { readonly call: Call; readonly name: string; readonly where: string },
): unknown {
  throwErrorStatus(response, method, where, redact);
  const failure = guarded(() => failureIn(response, definition), definition, name, 'failure');
  if (failure !== undefined) throw new KeysError(failure.code, `${failure.message} (${method} ${where})`);
  if (operation.response === undefined) return undefined;
  try {
    return readResponse(operation.response, response, method, where, redact);
  } catch (error) {
    if (!(error instanceof KeysError) || error.code !== 'bad_response') throw error;
    const { hint } = asMistake(null, definition, name, 'read');
    throw new KeysError('bad_response', `${named(definition)}: ${name}: ${error.message}`, {
      hint: hint ?? '',
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
