import type { Clock } from '../domain/clock.js';
import type { Credential, IssuedKey, Key, RolledKey } from '../domain/key.js';
import type {
  CreateKey,
  KeyPage,
  ListKeys,
  RollKey,
  UpdateKey,
  Verdict,
  VerifyKey,
} from '../domain/key-service.js';
import type { OperationName, OperationWay, Provider } from '../domain/provider.js';
import { signBytes, signedPart } from '../domain/signatures.js';
import type { TransportRequest } from '../http/transport.js';
import type { AnswerSchema } from '../wire/read-answer.js';

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
  readonly encoding?: 'json' | 'form' | 'json-patch';
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an operation may need beside its input. */
export interface CallContext {
  /** As `--set` and the profile have it; `required` fields are there. */
  readonly set: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly idempotencyKey: string;
}

/** One operation over HTTP: how its request is made, the answer's schema, and how the answer is read. */
export interface Operation<Input, Output> {
  call(input: Input, context: CallContext): Call;
  /** Of the body; absent: the body does not matter, and may be empty. */
  readonly answer?: AnswerSchema;
  /** The answer as `answer` has read it. */
  read(answer: never, input: Input, context: CallContext): Output;
}

/** An operation whose `read` knows what its `answer` gives. */
export function operation<Input, Output, Answer>(described: {
  call(input: Input, context: CallContext): Call;
  readonly answer?: AnswerSchema<Answer>;
  read(answer: Answer, input: Input, context: CallContext): Output;
}): Operation<Input, Output> {
  return described as unknown as Operation<Input, Output>;
}

/** What goes into each operation, and what comes out. */
export interface OperationTypes {
  create: { readonly input: CreateKey; readonly output: IssuedKey };
  list: { readonly input: ListKeys; readonly output: KeyPage };
  get: { readonly input: string; readonly output: Key };
  update: { readonly input: { readonly id: string; readonly changes: UpdateKey }; readonly output: Key };
  roll: { readonly input: { readonly id: string; readonly request: RollKey }; readonly output: RolledKey };
  revoke: { readonly input: string; readonly output: undefined };
  verify: { readonly input: VerifyKey; readonly output: Verdict };
  whoami: { readonly input: undefined; readonly output: Key | null };
  acknowledge: { readonly input: string; readonly output: undefined };
}

export type Operations = {
  readonly [Name in keyof OperationTypes]?: Operation<
    OperationTypes[Name]['input'],
    OperationTypes[Name]['output']
  >;
};

/** What authenticates a request: headers made of the credential and of what is sent. */
export type RequestAuth = (
  credential: Credential,
  request: UnsignedRequest,
) => Readonly<Record<string, string>>;

interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  readonly body?: Uint8Array | string;
}

function oneSecret(credential: Credential): string {
  return 'secret' in credential ? credential.secret : credential.api_key;
}

/** `Authorization: Bearer <secret>`. */
export const bearer: RequestAuth = (credential) => ({ authorization: `Bearer ${oneSecret(credential)}` });

/** The bare secret in a header of the vendor's own. */
export function headerAuth(name: string): RequestAuth {
  return (credential) => ({ [name]: oneSecret(credential) });
}

/** HTTP Basic: a pair's halves as user and password; of one secret, the secret as user. */
export const basic: RequestAuth = (credential) => {
  const [user, password] =
    'secret' in credential ? [credential.secret, ''] : [credential.api_key, credential.secret_key];
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
};

/** The key in one header and an HMAC-SHA256 signature in another; the secret half is never sent. */
export function signedAuth(keyHeader: string, signatureHeader: string): RequestAuth {
  return (credential, request) => {
    if ('secret' in credential) throw new TypeError('a pair is needed to sign');
    return {
      [keyHeader]: credential.api_key,
      [signatureHeader]: signBytes(credential.secret_key, signedPart(request)),
    };
  };
}

export interface ProviderDefinition extends Provider {
  /** How requests to the vendor are authenticated with one of its keys. */
  readonly auth: RequestAuth;
  /** Headers that every request must have. */
  readonly headers: Readonly<Record<string, string>>;
  /** How the requests that manage keys are authenticated, where that is not how keys are used; default `auth`. */
  readonly managementAuth: RequestAuth;
  /** What manages keys: one secret, or a pair, said as `user:password`. */
  readonly managedBy: 'secret' | 'pair';
  /** The vendor's published key endpoints; null where it has none. */
  readonly endpoints: Operations | null;
  /** Whether `list` filters at the vendor; otherwise the engine does. */
  readonly filtersLists: boolean;
}

type Described = Pick<ProviderDefinition, 'id' | 'title' | 'documentation' | 'variables' | 'auth'> &
  Partial<Omit<ProviderDefinition, 'operations'>>;

/** A provider from what is particular about it; everything left out is what most vendors do. */
export function defineProvider(described: Described): ProviderDefinition {
  const endpoints = described.endpoints ?? null;
  const dashboard = described.dashboard ?? null;
  const roll = described.roll ?? { by: 'composed' };
  const way = (name: OperationName): OperationWay => {
    if (endpoints?.[name]) return 'endpoint';
    if (name === 'roll') return dashboard?.roll ? 'dashboard' : 'composed';
    if (endpoints) return name === 'get' && endpoints.list ? 'endpoint' : null;
    if (name === 'verify') return described.check ? 'endpoint' : null;
    if (name === 'create' || name === 'revoke') return dashboard ? 'dashboard' : null;
    return dashboard ? 'ledger' : null;
  };
  return {
    baseUrl: null,
    context: [],
    environments: ['live'],
    types: ['secret'],
    format: { kind: 'api_key' in described.variables ? 'pair' : 'secret', prefixes: [] },
    check: null,
    webhook: null,
    keepsMetadata: false,
    supersedes: false,
    signs: false,
    notes: [],
    headers: {},
    managementAuth: described.auth,
    managedBy: 'secret',
    filtersLists: false,
    idempotent: false,
    ...described,
    endpoints,
    dashboard,
    roll,
    operations: {
      create: way('create'),
      list: way('list'),
      get: way('get'),
      update: way('update'),
      roll: way('roll'),
      revoke: way('revoke'),
      verify: way('verify'),
    },
  };
}

/** One percent-encoded segment of a path. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}
