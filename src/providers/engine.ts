import { randomBytes } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { passesFilters } from '../domain/filter-keys.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import { type Credential, type IssuedKey, type Key, secretPartOf } from '../domain/key.js';
import type { KeyPage, KeyService, ListKeys, MintOptions } from '../domain/key-service.js';
import type { OperationName } from '../domain/provider.js';
import { createRedactor, type Redactor } from '../domain/redactor.js';
import { redactError } from '../http/redact.js';
import type { Transport, TransportAnswer, TransportRequest } from '../http/transport.js';
import { readAnswer, readJson, readStatus } from '../http/wire/read-answer.js';
import type {
  Call,
  CallContext,
  Operation,
  Operations,
  OperationTypes,
  ProviderDefinition,
  Session,
} from './define-provider.js';
import { requireChangeable, requireExpressible } from './expressible.js';
import { handleOf, withHandles } from './key-handles.js';

export interface ProviderServiceOptions {
  /** Such as `https://api.example.com`, without a slash at its end. */
  readonly baseUrl: string;
  /** What manages the keys: a management key, an admin token, a pair. */
  readonly credential: Credential;
  readonly transport: Transport;
  /** Such as `keys/0.1.0`. */
  readonly userAgent: string;
  readonly clock: Clock;
  /** Waits; milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** What the provider's context fields are set to. */
  readonly set?: Readonly<Record<string, string>>;
  /** Is told of every secret that is sent or received; default: one of its own. */
  readonly redactor?: Redactor;
}

/** The longest list in which a key is looked for by its id. */
const MOST_PAGES = 1_000;
/** Between two looks whether a revoked key is gone. */
const LOOK_AGAIN_MS = 1_000;

type Input<Name extends keyof OperationTypes> = OperationTypes[Name]['input'];
type Output<Name extends keyof OperationTypes> = OperationTypes[Name]['output'];

/**
 * A `KeyService` of a definition: the one way in which this program speaks to a service over HTTP. What the definition
 * lacks is `unsupported` and says what there is instead. Errors: see `Transport` and `readAnswer`.
 */
export function createProviderService(
  definition: ProviderDefinition,
  options: ProviderServiceOptions,
): KeyService {
  const endpoints: Operations = definition.endpoints ?? {};
  const { clock, sleep, set = {}, redactor = createRedactor() } = options;
  redactor.add(secretPartOf(options.credential));
  const send = createSender(definition, { ...options, redactor });

  async function run<Name extends keyof OperationTypes>(
    name: Name,
    input: Input<Name>,
    mint?: MintOptions,
    secrets: readonly string[] = [],
  ): Promise<Output<Name>> {
    const first = endpoints[name] as Operation<Input<Name>, Output<Name>> | undefined;
    if (first === undefined) throw unsupported(definition, name);
    requireContext(definition, set);
    // What a definition makes of its own is as secret as what it was handed.
    const told = [...secrets];
    const context = callContext(set, clock, mint?.idempotencyKey ?? '', (made) => told.push(made));
    const about = { ...(mint === undefined ? {} : { mint }), secrets: told };
    try {
      const output = await runOne(first, input, context, about);
      for (let { next } = first; next !== undefined; { next } = next)
        await runOne(next, input, context, about);
      return output;
    } catch (error) {
      throw redactError(error, redactor);
    }
  }

  async function runOne<In, Out>(
    operation: Operation<In, Out>,
    input: In,
    context: CallContext,
    { mint, secrets }: { readonly mint?: MintOptions; readonly secrets: readonly string[] },
  ): Promise<Out> {
    const before =
      operation.first === undefined ? undefined : await runOne(operation.first, input, context, { secrets });
    const call = operation.call(input, context, before as never);
    const { answer, url } = await send(call, context, {
      headers:
        mint !== undefined && definition.idempotent ? { [IDEMPOTENCY_HEADER]: mint.idempotencyKey } : {},
      answersSecret: mint !== undefined || definition.idIsSecret,
      secrets,
    });
    const where = redactor.redact(url.replace(/\?.*$/s, ''));
    if (operation.notFound !== undefined && answer.status === 404 && readJson(answer) !== undefined)
      return operation.notFound;
    const read = (body: unknown) => operation.read(body as never, input, context, before as never);
    if (operation.answer === undefined) {
      readStatus(answer, call.method, where, redactor.redact);
      return read(undefined);
    }
    return read(readAnswer(operation.answer, answer, call.method, where, redactor.redact));
  }

  /** A new secret appears in no later message. Throws `contract_broken`, without it, if a definition returns it in another form. */
  function learn<Issued extends IssuedKey>(name: OperationName, issued: Issued): Issued {
    const credential: unknown = issued?.credential;
    const parts = typeof credential === 'object' && credential !== null ? Object.values(credential) : [];
    if (parts.length === 0 || !parts.every((part) => typeof part === 'string')) {
      throw new KeysError('contract_broken', `${definition.title}: ${name} returns no credential`, {
        hint: 'its read must return { key, credential: { secret } }; the new key exists: revoke it',
      });
    }
    redactor.add(secretPartOf(issued.credential));
    return issued;
  }

  const list = async (query: ListKeys): Promise<KeyPage> => await run('list', query);

  async function find(fits: (key: Key) => boolean): Promise<Key | null> {
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { keys, next_cursor } = await list(cursor === undefined ? {} : { cursor });
      const found = keys.find(fits);
      if (found !== undefined) return found;
      if (next_cursor === null || next_cursor === cursor) break;
      cursor = next_cursor;
    }
    return null;
  }

  /** The vendor's own id of a key: where that is a secret, it is looked for by what stands for it. */
  async function ownId(id: string): Promise<{ id: string; secrets: readonly string[] }> {
    if (!definition.idIsSecret) return { id, secrets: [] };
    const found = await find((key) => handleOf(key.id) === id);
    if (found === null) throw notFound(id);
    return { id: found.id, secrets: [found.id] };
  }

  const outward = definition.idIsSecret ? withHandles : (key: Key) => key;

  async function get(id: string): Promise<Key> {
    if (endpoints.get !== undefined) {
      const own = await ownId(id);
      return about(id, outward(await run('get', own.id, undefined, own.secrets)));
    }
    const found = await find((key) => outward(key).id === id);
    if (found === null) throw notFound(id);
    return outward(found);
  }

  async function hasEnded(id: string): Promise<boolean> {
    try {
      const { status } = await get(id);
      return status === 'revoked' || status === 'expired';
    } catch (error) {
      if (error instanceof KeysError && error.code === 'not_found') return true;
      throw error;
    }
  }

  return {
    async create(request, mint) {
      if (!definition.judgesRequests) requireExpressible(definition, request, clock.now());
      const issued = learn('create', await run('create', request, mint));
      // Without an id there is nothing to stand for; who holds the secret looks it up.
      return issued.key.id === '' ? issued : { ...issued, key: outward(issued.key) };
    },

    async list(query) {
      const page = await list(query);
      const keys = definition.filtersLists ? page.keys : page.keys.filter((key) => passesFilters(key, query));
      return { ...page, keys: keys.map(outward) };
    },

    get,

    async update(id, changes) {
      if (endpoints.update === undefined) throw unsupported(definition, 'update');
      if (!definition.judgesRequests) requireChangeable(definition, changes);
      const own = await ownId(id);
      const updated = await run('update', { id: own.id, changes }, undefined, own.secrets);
      return updated === undefined ? await get(id) : about(id, outward(updated));
    },

    async roll(id, request, mint) {
      if (endpoints.roll === undefined) throw unsupported(definition, 'roll');
      const own = await ownId(id);
      const rolled = learn('roll', await run('roll', { id: own.id, request }, mint, own.secrets));
      return { ...rolled, key: outward(rolled.key), previous: about(id, outward(rolled.previous)) };
    },

    async revoke(id) {
      const own = await ownId(id);
      await run('revoke', own.id, undefined, own.secrets);
      for (let waited = 0; waited < definition.settlesInSeconds; waited += LOOK_AGAIN_MS / 1000) {
        if (await hasEnded(id)) return;
        await sleep(LOOK_AGAIN_MS);
      }
      if (definition.settlesInSeconds > 0 && !(await hasEnded(id))) {
        throw new KeysError('timeout', `revoked, and still listed as it was: ${id}`, {
          hint: 'look again later: keys show; revoking it once more does no harm',
        });
      }
    },

    async verify(request) {
      const verdict = await run('verify', request, undefined, [request.key]);
      return verdict.key === undefined ? verdict : { ...verdict, key: outward(verdict.key) };
    },

    async whoami() {
      if (endpoints.whoami !== undefined) {
        const key = await run('whoami', undefined);
        return key && outward(key);
      }
      // Nothing better is known to be free of side effects; a credential that cannot list is told here.
      await list({ limit: 1 });
      return null;
    },

    async events(query) {
      if (endpoints.events !== undefined) return await run('events', query);
      throw new KeysError('unsupported', `${definition.title} tells nobody who did what to its keys`, {
        hint: "is there an audit trail in the vendor's dashboard?",
      });
    },

    async acknowledge(id, mint) {
      if (endpoints.acknowledge !== undefined) await run('acknowledge', id, mint);
    },
  };
}

interface SendOptions {
  /** Where it is sent, if that is not the service's address. */
  readonly at?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly answersSecret: boolean;
  readonly secrets: readonly string[];
}

/** Sends calls as the management credential, after the vendor's login step where it has one. */
function createSender(
  definition: ProviderDefinition,
  options: ProviderServiceOptions & { readonly redactor: Redactor },
) {
  const { baseUrl, credential, transport, userAgent, clock, redactor } = options;
  let session: Session | null = null;

  async function sendWith(
    call: Call,
    auth: (request: Pick<TransportRequest, 'method' | 'url' | 'body'>) => Readonly<Record<string, string>>,
    { headers, at = baseUrl, ...told }: SendOptions,
  ): Promise<{ answer: TransportAnswer; url: string }> {
    const url = addressOf(at, call);
    const body = writeBody(call);
    const request = { method: call.method, url, ...(body === undefined ? {} : { body }) };
    const authentication = auth(request);
    redactor.add(...told.secrets);
    const answer = await transport({
      ...request,
      ...told,
      credentialHeaders: Object.keys(authentication),
      secrets: [...told.secrets, secretPartOf(credential)],
      ...(call.readOnly === undefined ? {} : { readOnly: call.readOnly }),
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...definition.headers,
        ...(body === undefined ? {} : { 'content-type': CONTENT_TYPES[call.encoding ?? 'json'] }),
        ...headers,
        ...call.headers,
        ...authentication,
      },
    });
    return { answer, url };
  }

  async function logIn(context: CallContext): Promise<Session | null> {
    const step = definition.login;
    if (step === null) return null;
    if (session !== null && (session.expiresAt === undefined || session.expiresAt > clock.now()))
      return session;
    const call = step.call(credential, context);
    // A service at another address than the vendor's, such as a proxy, logs in there as well: the credential goes nowhere else.
    const elsewhere = step.baseUrl !== undefined && baseUrl === definition.baseUrl;
    const { answer, url } = await sendWith(call, () => ({}), {
      ...(elsewhere ? { at: step.baseUrl } : {}),
      headers: {},
      answersSecret: true,
      secrets: [],
    });
    readStatus(answer, call.method, url, redactor.redact);
    const { status, headers } = answer;
    try {
      session = step.read({ status, headers, body: readJson(answer) }, context);
      redactor.add(...Object.values(session.headers).map((value) => value.replace(/^\w+ /, '')));
    } catch (error) {
      if (error instanceof KeysError) throw error;
      throw new KeysError('bad_answer', `the answer to the login is not what it should be: ${url}`);
    }
    return session;
  }

  return async (call: Call, context: CallContext, options: SendOptions) => {
    const opened = await logIn(context);
    if (opened === null) {
      return await sendWith(call, (request) => definition.managementAuth(credential, request), options);
    }
    const first = await sendWith(call, () => opened.headers, options);
    if (first.answer.status !== 401) return first;
    // The token has ended before its time: 401 means that nothing was done, so it is asked for anew, once.
    session = null;
    const again = await logIn(context);
    return await sendWith(call, () => again?.headers ?? {}, options);
  };
}

function callContext(
  set: Readonly<Record<string, string>>,
  clock: Clock,
  idempotencyKey: string,
  onSecret: (secret: string) => void = () => undefined,
): CallContext {
  let secret: string | undefined;
  return {
    set,
    clock,
    idempotencyKey,
    newSecret() {
      if (secret === undefined) {
        secret = randomBytes(32).toString('base64url');
        onSecret(secret);
      }
      return secret;
    },
  };
}

/** Throws `missing_answer` for what the vendor must be told and was not. */
function requireContext(
  { context, title, id }: ProviderDefinition,
  set: Readonly<Record<string, string>>,
): void {
  const missing = context.find(({ name, required }) => required && !set[name]);
  if (missing === undefined) return;
  throw new KeysError('missing_answer', `${title} needs ${missing.about}: --set ${missing.name}=…`, {
    hint: `keep it in a profile: keys profile add <name> --provider ${id} --set ${missing.name}=…`,
  });
}

const CONTENT_TYPES = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  'json-patch': 'application/json-patch+json',
} as const;

function addressOf(baseUrl: string, call: Call): string {
  const url = new URL(baseUrl + call.path);
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

function writeBody({ body, encoding }: Call): string | undefined {
  if (body === undefined) return undefined;
  if (encoding !== 'form') return JSON.stringify(body);
  const fields = Object.entries(body as Record<string, string>);
  return new URLSearchParams(fields).toString();
}

function about(id: string, key: Key): Key {
  if (key.id === id) return key;
  throw new KeysError('bad_answer', `asked for ${id}, the service answered with ${key.id}`, {
    hint: 'is something in between that answers from a cache?',
  });
}

function notFound(id: string): KeysError {
  return new KeysError('not_found', `no such key: ${id}`, { hint: 'keys list --all shows every key' });
}

const INSTEAD: Readonly<Partial<Record<keyof Operations, string>>> = {
  update: 'create a key as it should be, hand it over, and revoke this one',
  roll: 'create a successor, hand it over, and revoke this one: keys roll does so',
  verify: 'use the key for a request that changes nothing: keys api',
};

/** Names what the provider can do instead. */
function unsupported(definition: ProviderDefinition, name: keyof Operations): KeysError {
  const able = (Object.keys(definition.operations) as OperationName[]).filter(
    (operation) => definition.operations[operation] !== null,
  );
  return new KeysError('unsupported', `${definition.title} has no way to ${name} a key`, {
    hint: INSTEAD[name] ?? `it can ${able.join(', ')}: keys provider show ${definition.id}`,
    details: { provider: definition.id, can: able },
  });
}
