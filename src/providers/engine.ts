import type { Clock } from '../domain/clock.js';
import { KeysError } from '../domain/errors.js';
import { passesFilters } from '../domain/filter-keys.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import type { Credential, Key } from '../domain/key.js';
import type { KeyService, MintOptions } from '../domain/key-service.js';
import type { OperationName } from '../domain/provider.js';
import type { Transport } from '../http/transport.js';
import { readAnswer, readStatus } from '../wire/read-answer.js';
import type { Call, Operation, Operations, OperationTypes, ProviderDefinition } from './define-provider.js';

export interface ProviderServiceOptions {
  /** Such as `https://api.example.com`, without a slash at its end. */
  readonly baseUrl: string;
  /** What manages the keys: a management key, an admin token, a pair. */
  readonly credential: Credential;
  readonly transport: Transport;
  /** Such as `keys/0.1.0`. */
  readonly userAgent: string;
  readonly clock: Clock;
  /** What the provider's context fields are set to. */
  readonly set?: Readonly<Record<string, string>>;
}

/** The longest list in which a key is looked for by its id. */
const MOST_PAGES = 1_000;

/**
 * A `KeyService` of a definition: the one way in which this program speaks to a service over HTTP. What the definition
 * lacks is `unsupported` and says what there is instead. Errors: see `Transport` and `readAnswer`.
 */
export function createProviderService(
  definition: ProviderDefinition,
  { baseUrl, credential, transport, userAgent, clock, set = {} }: ProviderServiceOptions,
): KeyService {
  const endpoints: Operations = definition.endpoints ?? {};
  type Input<Name extends keyof OperationTypes> = OperationTypes[Name]['input'];
  type Output<Name extends keyof OperationTypes> = OperationTypes[Name]['output'];

  async function run<Name extends keyof OperationTypes>(
    name: Name,
    input: Input<Name>,
    mint?: MintOptions,
  ): Promise<Output<Name>> {
    const operation = endpoints[name] as Operation<Input<Name>, Output<Name>> | undefined;
    if (operation === undefined) throw unsupported(definition, name);
    requireContext(definition, set);
    const context = { set, clock, idempotencyKey: mint?.idempotencyKey ?? '' };
    const call = operation.call(input, context);
    const url = addressOf(baseUrl, call);
    const body = writeBody(call);
    const answer = await transport({
      method: call.method,
      url,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...definition.headers,
        ...(body === undefined ? {} : { 'content-type': CONTENT_TYPES[call.encoding ?? 'json'] }),
        ...(mint !== undefined && definition.idempotent ? { [IDEMPOTENCY_HEADER]: mint.idempotencyKey } : {}),
        ...call.headers,
        ...definition.managementAuth(credential, {
          method: call.method,
          url,
          ...(body === undefined ? {} : { body }),
        }),
      },
      ...(body === undefined ? {} : { body }),
    });
    const where = url.replace(/\?.*$/s, '');
    const read = operation.read as (answer: unknown, input: Input<Name>, of: typeof context) => Output<Name>;
    if (operation.answer === undefined) {
      readStatus(answer, call.method, where);
      return read(undefined, input, context);
    }
    return read(readAnswer(operation.answer, answer, call.method, where), input, context);
  }

  async function get(id: string): Promise<Key> {
    if (endpoints.get !== undefined) return about(id, await run('get', id));
    let cursor: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { keys, next_cursor } = await run('list', cursor === undefined ? {} : { cursor });
      const found = keys.find((key) => key.id === id);
      if (found !== undefined) return found;
      if (next_cursor === null || next_cursor === cursor) break;
      cursor = next_cursor;
    }
    throw new KeysError('not_found', `no such key: ${id}`, { hint: 'keys list --all shows every key' });
  }

  return {
    create: (request, mint) => run('create', request, mint),

    async list(query) {
      const page = await run('list', query);
      if (definition.filtersLists) return page;
      return { ...page, keys: page.keys.filter((key) => passesFilters(key, query)) };
    },

    get,

    update: async (id, changes) => about(id, await run('update', { id, changes })),

    async roll(id, request, mint) {
      const rolled = await run('roll', { id, request }, mint);
      return { ...rolled, previous: about(id, rolled.previous) };
    },

    revoke: (id) => run('revoke', id),
    verify: (request) => run('verify', request),

    async whoami() {
      if (endpoints.whoami !== undefined) return await run('whoami', undefined);
      // Nothing better is known to be free of side effects; a credential that cannot list is told here.
      await run('list', { limit: 1 });
      return null;
    },

    async acknowledge(id, mint) {
      if (endpoints.acknowledge !== undefined) await run('acknowledge', id, mint);
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
