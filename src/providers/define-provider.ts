import type { EventPage, ListEvents } from '../domain/audit-event.js';
import type { Clock } from '../domain/clock.js';
import { type ErrorCode, KeysError } from '../domain/errors.js';
import type { CreatedKey, Credential, Key, RolledKey } from '../domain/key.js';
import type {
  CreateKey,
  KeyDay,
  KeyPage,
  ListKeys,
  OwnKey,
  RollKey,
  UpdateKey,
  Verdict,
  VerifyKey,
} from '../domain/key-service.js';
import type { OperationName, OperationWay, Provider } from '../domain/provider.js';
import { signedPart } from '../domain/signed-part.js';
import type { TransportRequest } from '../http/transport.js';
import type { ResponseSchema } from '../http/wire/read-response.js';
import { DefinitionMistake } from './definition-mistake.js';

type Method = TransportRequest['method'];

/** A request before it is sent: what authenticates it is added by the definition's `auth`. */
export interface Call {
  readonly method: Method;
  /** Under the base URL. Use `segment` for what comes from outside. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** How the body is written; default `json`. */
  readonly encoding?: 'json' | 'form' | 'json-patch' | 'json-api';
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a POST that changes nothing: it is sent again where a GET would be. */
  readonly readOnly?: boolean;
  /** Members of the file that made the address and the body, for messages. */
  readonly from?: { readonly at: string; readonly body?: string };
}

/** What an operation may need beside its input. */
export interface CallContext {
  /** As `--set` and the profile have it; `required` fields are there. */
  readonly set: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly idempotencyKey: string;
  /** Names this operation to a vendor that wants every request named; of a repeat the same. */
  requestId(): string;
  /** Whether the caller insists: see `ForceOptions`. */
  readonly force: boolean;
  /**
   * 256 bits that no one can guess, base64url: for a vendor to whom the client gives the secret. A repeat of
   * one operation with the same credential gets the same. `shape` makes of it what the vendor takes.
   */
  newSecret(shape?: (random: string) => string): string;
  /** An id that the client chooses: a version 4 UUID, the same for every repeat of one operation. */
  newId(): string;
  /** What manages the keys, for a vendor that wants it in a body. */
  readonly credential: Credential;
  /** Where the service is, such as `https://api.example.com`. */
  readonly baseUrl: string;
  /** Reports that a field of a response could not be read, so that it is unknown. */
  note(field: string, problem: string): void;
  /** Whether a file of the user's own defines the provider: no one has held it against the vendor yet. */
  readonly isOwnFile: boolean;
}

/** A response before anything is expected of it; `body` is undefined where it is not JSON (or XML). */
export interface ProviderResponse {
  readonly status: number;
  readonly body: unknown;
}

/**
 * One operation over HTTP: how its request is written, the response's schema, and how the response is read.
 */
export interface OperationDefinition<Input, Output> {
  /** Its place in a file that says more than the operation, such as `keys.update`, for messages. */
  readonly member?: string;
  /** A request to send first if this one needs its result, such as reading a key before replacing it. */
  readonly first?: OperationDefinition<Input, unknown>;
  /** `first`: the output of the first operation. */
  call(input: Input, context: CallContext, first: never): Call;
  /** Schema of the body. Absent: the body is ignored and may be empty. */
  readonly response?: ResponseSchema;
  /** How to read a 404 that is not an error: the output for a 404 with a JSON body. */
  readonly notFound?: Output;
  /**
   * Returns the output for a response that looks like an error but is not; undefined for ordinary responses.
   */
  judge?(response: ProviderResponse, input: Input, context: CallContext): Output | undefined;
  /** `response`: the body as `response` has read it. */
  read(response: never, input: Input, context: CallContext, first: never): Output;
  /**
   * A request to send afterwards with the same input, such as a delete after a revoke. Its output is ignored.
   */
  readonly next?: OperationDefinition<Input, unknown>;
  /** Further requests, sent in this order once a new secret is safe. */
  steps?(output: Output, input: Input, context: CallContext): readonly Call[];
  /** A request to send on 409: an earlier attempt of the same operation was successful. */
  readonly onConflict?: OperationDefinition<Input, Output>;
}

/**
 * Returns the operation, typed: `read` gets what the schema `response` gives, and `call` and `read` get what
 * `first` has read. A file that calls the schema `answer`, its name until November 2026, still works.
 */
export function operation<Input, Output, Response, First>(described: {
  readonly member?: string;
  readonly first?: OperationDefinition<NoInfer<Input>, First>;
  call(input: Input, context: CallContext, first: First): Call;
  readonly response?: ResponseSchema<Response>;
  readonly notFound?: NoInfer<Output>;
  judge?(response: ProviderResponse, input: Input, context: CallContext): NoInfer<Output> | undefined;
  read(response: Response, input: Input, context: CallContext, first: First): Output;
  readonly next?: OperationDefinition<NoInfer<Input>, unknown>;
  steps?(output: NoInfer<Output>, input: NoInfer<Input>, context: CallContext): readonly Call[];
  readonly onConflict?: OperationDefinition<NoInfer<Input>, NoInfer<Output>>;
}): OperationDefinition<Input, Output> {
  const { answer, ...named }: typeof described & { readonly answer?: ResponseSchema<Response> } = described;
  return answer === undefined ? described : { response: answer, ...named };
}

/** What goes into each operation, and what comes out. */
export interface OperationTypes {
  /** An empty id: the response has none; it is looked up in the list once the secret is safe. */
  create: { readonly input: CreateKey; readonly output: CreatedKey };
  list: { readonly input: ListKeys; readonly output: KeyPage };
  get: { readonly input: string; readonly output: Key };
  /** Undefined: the response does not have the key, so it is read again. */
  update: {
    readonly input: { readonly id: string; readonly changes: UpdateKey };
    readonly output: Key | undefined;
  };
  pause: { readonly input: string; readonly output: undefined };
  unpause: { readonly input: string; readonly output: undefined };
  roll: { readonly input: { readonly id: string; readonly request: RollKey }; readonly output: RolledKey };
  revoke: { readonly input: string; readonly output: undefined };
  verify: { readonly input: VerifyKey; readonly output: Verdict };
  /** Reads a lost secret again. */
  recover: { readonly input: string; readonly output: Credential };
  whoami: { readonly input: undefined; readonly output: OwnKey | null };
  /** A page of the list, with the keys alone whose records show this secret, whole or masked. */
  holders: {
    readonly input: { readonly secret: string; readonly cursor?: string };
    readonly output: KeyPage;
  };
  usage: {
    readonly input: { readonly id: string; readonly days: number | undefined };
    readonly output: readonly KeyDay[];
  };
  events: { readonly input: ListEvents; readonly output: EventPage };
  acknowledge: { readonly input: string; readonly output: undefined };
}

export type Operations = {
  readonly [Name in keyof OperationTypes]?: OperationDefinition<
    OperationTypes[Name]['input'],
    OperationTypes[Name]['output']
  >;
};

/** What authenticates a request: headers from the credential and from what is sent. */
export type RequestAuth = (
  credential: Credential,
  request: UnsignedRequest,
) => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;

interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: Uint8Array | string;
}

function oneSecret(credential: Credential): string {
  requireCredential(credential);
  return 'secret' in credential ? credential.secret : credential.api_key;
}

/** Throws `DefinitionMistake` for what a call in the file itself gives: `auth: bearer()`. */
function requireCredential(credential: unknown): void {
  if (typeof credential === 'object' && credential !== null) return;
  throw new DefinitionMistake(
    'auth',
    'is called in the file; write auth: bearer, or auth: basic, without ()',
  );
}

/** `Authorization: Bearer <secret>`. */
export const bearer: RequestAuth = (credential) => ({ authorization: `Bearer ${oneSecret(credential)}` });

/** The bare secret in a header of the vendor's own. */
export function headerAuth(name: string): RequestAuth {
  return (credential) => ({ [name]: oneSecret(credential) });
}

/** HTTP Basic: a pair's halves as user and password; of one secret, the secret as user. */
export const basic: RequestAuth = (credential) => {
  requireCredential(credential);
  const [user, password] =
    'secret' in credential ? [credential.secret, ''] : [credential.api_key, credential.secret_key];
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
};

/** `Authorization: <scheme> <secret>`, of a pair `<scheme> <id>:<secret>`. */
export function schemeAuth(scheme: string): RequestAuth {
  return (credential) => {
    const said =
      'secret' in credential ? credential.secret : `${credential.api_key}:${credential.secret_key}`;
    return { authorization: `${scheme} ${said}`.trim() };
  };
}

/** The key in one header and an HMAC-SHA256 signature in another; the secret half is never sent. */
export function signedAuth(keyHeader: string, signatureHeader: string): RequestAuth {
  return async (credential, request) => {
    if ('secret' in credential) throw new TypeError('a pair is needed to sign');
    const { signBytes } = await import('../domain/signatures.js');
    return {
      [keyHeader]: credential.api_key,
      [signatureHeader]: signBytes(credential.secret_key, signedPart(request)),
    };
  };
}

/** How long a token that a login gave is good, and the headers that carry it. */
export interface Session {
  readonly headers: Readonly<Record<string, string>>;
  /** Epoch milliseconds; absent: until it is refused. */
  readonly expiresAt?: number;
}

/** A request that changes the stored credential for a token, where a vendor wants one before all others. */
export interface LoginStep {
  /** Keep the session in the keychain between calls, for a server that limits logins. */
  readonly keep?: boolean;
  /** Login host, if it differs from `baseUrl`. Ignored when `--base-url` is set. */
  readonly baseUrl?: string;
  call(credential: Credential, context: CallContext): Call;
  /**
   * The token from wherever the response has it: `body` is its JSON, or undefined. Throws what `z` throws for
   * another shape.
   */
  read(
    response: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    },
    context: CallContext,
  ): Session;
}

export interface ProviderDefinition extends Provider {
  /** How requests to the vendor are authenticated with one of its keys. */
  readonly auth: RequestAuth;
  /** Headers that every request must have. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * Headers that differ per request, such as a request id or an organization that `--set` names. Undefined
   * ones are left out.
   */
  readonly requestHeaders: (
    context: Pick<CallContext, 'set' | 'idempotencyKey' | 'requestId'>,
  ) => Readonly<Record<string, string | undefined>>;
  /** The format of responses. */
  readonly responses: 'json' | 'xml';
  /**
   * What a 2xx response says when it is a failure all the same, such as the errors of GraphQL; undefined: it
   * is a success. Text alone is an invalid request; with a code it can say that the key is not there
   * (`not_found`), for example.
   */
  readonly failure: (
    body: unknown,
  ) => string | { readonly code: ErrorCode; readonly message: string } | undefined;
  /**
   * How the requests that manage keys are authenticated, where that is not how keys are used; default `auth`.
   */
  readonly managementAuth: RequestAuth;
  /** What manages keys: one secret, or a pair, said as `user:password`. */
  readonly managedBy: 'secret' | 'pair';
  /** Beginnings of what manages keys, where keys begin otherwise: it may look like another vendor's key. */
  readonly managementPrefixes: readonly string[];
  /** The vendor's published key endpoints; null where it has none. */
  readonly endpoints: Operations | null;
  /** Whether the vendor filters the list. If not, the engine does. */
  readonly filtersLists: boolean;
  /** Whether the service itself validates requests, as our own service does for any policy. */
  readonly judgesRequests: boolean;
  /** The login request. Null: the credential itself authenticates. */
  readonly login: LoginStep | null;
  /** Whether the vendor's id of a key is its secret. If so, a digest replaces it outside the engine. */
  readonly idIsSecret: boolean;
  /** The id of a key, where its secret holds it; undefined: this one does not. */
  readonly idInSecret: (secret: string) => string | undefined;
  /** Whether the list returns only ids, so each key is read separately. */
  readonly listsIdsOnly: boolean;
}

type Described = Pick<ProviderDefinition, 'id' | 'title' | 'documentation' | 'variables' | 'auth'> &
  Partial<Omit<ProviderDefinition, 'operations'>>;

/** Defaults: what most vendors do. */
const USUAL = {
  baseUrl: null,
  context: [],
  environments: ['live'],
  types: ['secret'],
  check: null,
  checks: [],
  webhook: null,
  keepsMetadata: false,
  marks: true,
  supersedes: false,
  signs: false,
  credentialNeeds: null,
  notes: [],
  headers: {},
  requestHeaders: () => ({}),
  responses: 'json',
  failure: () => undefined,
  source: null,
  managedBy: 'secret',
  managementPrefixes: [],
  filtersLists: false,
  judgesRequests: false,
  login: null,
  idIsSecret: false,
  idInSecret: () => undefined,
  listsIdsOnly: false,
  settling: { created: 0, revoked: 0, listed: 0 },
  idempotent: false,
  chooses: { id: false, secret: false },
  options: [],
  names: { rule: 'free' },
  shows: { list: [], get: [] },
  accepts: {},
  updates: ['name'],
  roll: { by: 'composed' },
  endpoints: null,
  dashboard: null,
} as const satisfies Partial<ProviderDefinition>;

/** A provider from what is particular about it; everything left out is what most vendors do. */
export function defineProvider(described: Described): ProviderDefinition {
  const whole = { ...USUAL, ...described };
  const { endpoints, idempotent, filtersLists, updates } = whole;
  return {
    format: { kind: 'api_key' in described.variables ? 'pair' : 'secret', prefixes: [] },
    managementAuth: described.auth,
    repeatable: { create: idempotent, roll: idempotent },
    recovers: endpoints?.recover !== undefined,
    lists: { exactName: filtersLists },
    endsLater: endpoints?.update !== undefined && updates.includes('expires_at'),
    ...whole,
    operations: operationsOf(whole),
  };
}

function operationsOf({
  endpoints,
  dashboard,
  check,
}: Pick<ProviderDefinition, 'endpoints' | 'dashboard' | 'check'>): Provider['operations'] {
  const way = (name: OperationName): OperationWay => {
    if (endpoints?.[name]) return 'endpoint';
    if (name === 'roll' && endpoints !== null && endpoints.create === undefined) return null;
    if (name === 'roll') return dashboard?.roll ? 'dashboard' : 'composed';
    if (name === 'pause') return null;
    if (endpoints) return name === 'get' && endpoints.list ? 'endpoint' : null;
    if (name === 'verify') return check ? 'endpoint' : null;
    if (name === 'create' || name === 'revoke') return dashboard ? 'dashboard' : null;
    return dashboard ? 'ledger' : null;
  };
  return {
    create: way('create'),
    list: way('list'),
    get: way('get'),
    update: way('update'),
    roll: way('roll'),
    pause: way('pause'),
    revoke: way('revoke'),
    verify: way('verify'),
  };
}

/** A pair in two headers. Throws `usage` for a credential that is no pair. */
export function pairHeaders(apiKeyHeader: string, secretKeyHeader: string): RequestAuth {
  return (credential) => {
    if ('secret' in credential) {
      throw new KeysError('usage', 'these keys are managed by a pair, such as api-key:application-key');
    }
    return { [apiKeyHeader]: credential.api_key, [secretKeyHeader]: credential.secret_key };
  };
}

/** One percent-encoded segment of a path. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}
