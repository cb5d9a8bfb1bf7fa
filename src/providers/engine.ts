import type { Clock } from '../domain/clock.js';
import { KeysError, type NextStep } from '../domain/errors.js';
import { requireChangeable, requireContext, requireExpressible } from '../domain/expressible.js';
import { passesFilters } from '../domain/filter-keys.js';
import { IDEMPOTENCY_HEADER } from '../domain/idempotency.js';
import { type Credential, type IssuedKey, type Key, secretPartOf } from '../domain/key.js';
import type {
  CreateKey,
  CreationOptions,
  ForceOptions,
  KeyPage,
  KeyService,
  ListKeys,
} from '../domain/key-service.js';
import type { OperationName } from '../domain/provider.js';
import { createRedactor, type Redactor } from '../domain/redactor.js';
import { withOptionsOfSet } from '../domain/set-options.js';
import { redactError } from '../http/redact.js';
import type { Transport, TransportAnswer } from '../http/transport.js';
import { readAnswer, readJson, readStatus } from '../http/wire/read-answer.js';
import { callContext } from './call-context.js';
import { CHECK_OUTPUT } from './check-output.js';
import type {
  Call,
  CallContext,
  Operation,
  Operations,
  OperationTypes,
  ProviderDefinition,
} from './define-provider.js';
import { handleOf, withHandles } from './key-handles.js';
import { asMistake, guarded, named } from './mistakes.js';
import { createSender, type SessionStore } from './sender.js';
import { neverSent } from './sent-fields.js';

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
  /** What the provider's context fields, and options of new keys, are set to. */
  readonly set?: Readonly<Record<string, string>>;
  /** Is told of every secret that is sent or received; default: one of its own. */
  readonly redactor?: Redactor;
  /** Told once of each field of a response that cannot be read, so that it is unknown. */
  readonly warn?: (message: string) => void;
  /** Where a vendor's session is kept between calls, for a login that says so. */
  readonly sessions?: SessionStore;
}

/** The longest list in which a key is looked for by its id. */
const MOST_PAGES = 1_000;
/** Requests for single keys that are under way at one time. */
const AT_ONCE = 4;
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
  const { clock, sleep, set = {}, warn = () => undefined, redactor = createRedactor() } = options;
  redactor.add(secretPartOf(options.credential));
  const send = createSender(definition, { ...options, redactor });

  const warned = new Set<string>();

  function contextOf(name: string, creation: CreationOptions | undefined, secrets: string[]): CallContext {
    return callContext({
      definition,
      set,
      clock,
      credential: options.credential,
      baseUrl: options.baseUrl,
      creation,
      onSecret(secret) {
        secrets.push(secret);
        redactor.add(secret);
      },
      note(field, problem) {
        const message = `${named(definition)}: ${name}: ${field} ${problem}`;
        if (warned.has(message)) return;
        warned.add(message);
        warn(message);
      },
    });
  }

  async function run<Name extends keyof OperationTypes>(
    name: Name,
    input: Input<Name>,
    creation?: CreationOptions,
    secrets: readonly string[] = [],
    { force = false }: ForceOptions = {},
  ): Promise<Output<Name>> {
    const first = endpoints[name] as Operation<Input<Name>, Output<Name>> | undefined;
    if (first === undefined) throw unsupported(definition, name);
    requireContext(definition, set);
    // A secret that the definition makes is redacted like one that it is given.
    const told = [...secrets];
    const about = { name, secrets: told, ...(creation === undefined ? {} : { creation }) };
    try {
      return await runSteps(first, input, { ...contextOf(name, creation, told), force }, about);
    } catch (error) {
      throw redactError(error, redactor);
    }
  }

  /** The operation's output, checked, and with a new secret the requests that follow it. */
  async function runSteps<Name extends keyof OperationTypes>(
    first: Operation<Input<Name>, Output<Name>>,
    input: Input<Name>,
    context: CallContext,
    about: About & { readonly name: Name },
  ): Promise<Output<Name>> {
    const { name, creation } = about;
    const read = await runOne(first, input, context, about);
    const output = guarded(
      () => CHECK_OUTPUT[name](read, context.note),
      definition,
      name,
      'read',
    ) as Output<Name>;
    const issued = creation === undefined || !isIssued(output) ? null : output;
    if (issued !== null) redactor.add(secretPartOf(issued.credential));
    if (issued !== null) await creation?.received?.(shown(issued));
    try {
      for (let { next } = first; next !== undefined; { next } = next)
        await runOne(next, input, context, about);
      const steps = guarded(() => first.steps?.(output, input, context) ?? [], definition, name, 'steps');
      for (const call of steps) {
        const { answer, url } = await send(call, context, sendingOf(about));
        readStatus(answer, call.method, whereOf(url, redactor), redactor.redact);
      }
    } catch (error) {
      // The secret is here and the key works: what failed afterwards is reported beside it.
      if (issued === null || !(error instanceof KeysError)) throw error;
      return { ...output, incomplete: redactor.redact(error.message) };
    }
    return output;
  }

  async function runOne<In, Out>(
    operation: Operation<In, Out>,
    input: In,
    context: CallContext,
    about: About,
  ): Promise<Out> {
    const { name, secrets, creation } = about;
    const before =
      operation.first === undefined
        ? undefined
        : await runOne(operation.first, input, context, { name, secrets });
    const call = guarded(() => operation.call(input, context, before as never), definition, name, 'call');
    const { answer, url } = await send(call, context, sendingOf(about));
    if (answer.status === 409 && operation.onConflict !== undefined && creation !== undefined) {
      return await runOne(operation.onConflict, input, context, about);
    }
    if (operation.notFound !== undefined && answer.status === 404 && readJson(answer) !== undefined)
      return operation.notFound;
    const raw = { status: answer.status, body: readJson(answer) };
    const judged = guarded(() => operation.judge?.(raw, input, context), definition, name, 'judge');
    if (judged !== undefined) return judged;
    const body = bodyOf(operation, answer, call, about, whereOf(url, redactor));
    return guarded(
      () => operation.read(body as never, input, context, before as never),
      definition,
      name,
      'read',
    );
  }

  /** The body as the operation's schema reads it. Throws the error that the response tells. */
  function bodyOf<In, Out>(
    operation: Operation<In, Out>,
    answer: TransportAnswer,
    { method }: Call,
    { name }: About,
    where: string,
  ): unknown {
    readStatus(answer, method, where, redactor.redact);
    const failure = guarded(() => definition.failure(readJson(answer)), definition, name, 'failure');
    if (failure !== undefined) throw new KeysError('invalid_request', `${failure} (${method} ${where})`);
    if (operation.answer === undefined) return undefined;
    try {
      return readAnswer(operation.answer, answer, method, where, redactor.redact);
    } catch (error) {
      if (!(error instanceof KeysError) || error.code !== 'bad_answer') throw error;
      const { hint } = asMistake(null, definition, name, 'read');
      throw new KeysError('bad_answer', `${named(definition)}: ${name}: ${error.message}`, {
        hint: hint ?? '',
      });
    }
  }

  function sendingOf({ name, creation, secrets }: About) {
    return {
      headers:
        creation !== undefined && definition.idempotent
          ? { [IDEMPOTENCY_HEADER]: creation.idempotencyKey }
          : {},
      answersSecret: creation !== undefined || name === 'recover' || definition.idIsSecret,
      secrets,
    };
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

  /** Without an id there is nothing for a handle to stand for: whoever holds the secret looks the key up. */
  function shown(issued: IssuedKey): IssuedKey {
    return issued.key.id === '' ? issued : { ...issued, key: outward(issued.key) };
  }

  /** Each key in full, where the list tells ids alone. What is gone by then is left out. */
  async function inFull(keys: readonly Key[]): Promise<Key[]> {
    const whole: Key[] = [];
    for (let i = 0; i < keys.length; i += AT_ONCE) {
      const some = keys.slice(i, i + AT_ONCE).map(async ({ id }) => {
        try {
          return [await run('get', id)];
        } catch (error) {
          if (error instanceof KeysError && error.code === 'not_found') return [];
          throw error;
        }
      });
      whole.push(...(await Promise.all(some)).flat());
    }
    return whole;
  }

  /** Throws `provider_mistake` for a field that is asked for and that the definition never sends. */
  function requireSent(request: CreateKey): void {
    const asked = new Set(askedFields(request));
    if (asked.size === 0) return;
    const lost = neverSent(definition, clock.now()).find((field) => asked.has(field));
    if (lost === undefined) return;
    throw new KeysError(
      'provider_mistake',
      `${named(definition)}: create: ${lost} is accepted, and never sent`,
      {
        hint: 'the key was not created: it would not have had what was asked for',
        details: { sent: false },
      },
    );
  }

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
    async create(request, creation) {
      const asked = withOptionsOfSet(definition, request, set);
      if (!definition.judgesRequests) {
        requireExpressible(definition, asked, clock.now());
        requireSent(asked);
      }
      return shown(await run('create', asked, creation));
    },

    async list(query) {
      const page = await list(query);
      const told = definition.listsIdsOnly ? await inFull(page.keys) : page.keys;
      const keys = definition.filtersLists ? told : told.filter((key) => passesFilters(key, query));
      return { ...page, keys: keys.map(outward) };
    },

    get,

    async update(id, changes, options) {
      if (endpoints.update === undefined) throw unsupported(definition, 'update');
      if (!definition.judgesRequests) requireChangeable(definition, changes);
      const own = await ownId(id);
      const updated = await run('update', { id: own.id, changes }, undefined, own.secrets, options);
      return updated === undefined ? await get(id) : about(id, outward(updated));
    },

    async roll(id, request, creation) {
      if (endpoints.roll === undefined) throw unsupported(definition, 'roll');
      const own = await ownId(id);
      const rolled = await run('roll', { id: own.id, request }, creation, own.secrets);
      return { ...rolled, key: outward(rolled.key), previous: about(id, outward(rolled.previous)) };
    },

    async revoke(id, options) {
      const own = await ownId(id);
      await run('revoke', own.id, undefined, own.secrets, options);
      for (let waited = 0; waited < definition.settlesInSeconds; waited += LOOK_AGAIN_MS / 1000) {
        if (await hasEnded(id)) return;
        await sleep(LOOK_AGAIN_MS);
      }
      if (definition.settlesInSeconds > 0 && !(await hasEnded(id))) {
        throw new KeysError('timeout', `revoked, and still listed as it was: ${id}`, {
          hint: 'revoking it once more does no harm; look again later',
          next: 'show_key',
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

    ...(endpoints.recover === undefined
      ? {}
      : {
          async recover(id: string) {
            const own = await ownId(id);
            return await run('recover', own.id, undefined, own.secrets);
          },
        }),

    async acknowledge(id, creation) {
      if (endpoints.acknowledge !== undefined) await run('acknowledge', id, creation);
    },
  };
}

/** The names of what a request asks for, as `neverSent` has them. */
function askedFields({
  expires_at,
  scopes,
  restrictions = {},
  metadata = {},
  options = {},
}: CreateKey): string[] {
  return [
    ...(expires_at ? ['expires_at'] : []),
    ...(scopes?.length ? ['scopes'] : []),
    ...Object.entries(restrictions).flatMap(([name, list]) => (list?.length ? [name] : [])),
    ...(Object.keys(metadata).length > 0 ? ['metadata'] : []),
    ...Object.keys(options).map((name) => `options.${name}`),
  ];
}

/** What one run of an operation is about. */
interface About {
  readonly name: keyof OperationTypes;
  readonly secrets: readonly string[];
  readonly creation?: CreationOptions;
}

function isIssued(output: unknown): output is IssuedKey {
  return typeof output === 'object' && output !== null && 'credential' in output;
}

/** A URL without its query and without secrets, for messages. */
function whereOf(url: string, { redact }: Redactor): string {
  return redact(url.replace(/\?.*$/s, ''));
}

function about(id: string, key: Key): Key {
  if (key.id === id) return key;
  throw new KeysError('bad_answer', `asked for ${id}, the service answered with ${key.id}`, {
    hint: 'is something in between that answers from a cache?',
  });
}

function notFound(id: string): KeysError {
  return new KeysError('not_found', `no such key: ${id}`, { next: 'list_keys', details: { key_id: id } });
}

const INSTEAD: Readonly<Partial<Record<keyof Operations, { hint: string; next?: NextStep }>>> = {
  update: { hint: 'create a key as it should be, hand it over, and revoke this one' },
  roll: { hint: 'create a successor, hand it over, and revoke this one', next: 'roll_key' },
  verify: { hint: 'use the key for a request that changes nothing', next: 'use_key' },
};

/** Names what the provider can do instead. */
function unsupported(definition: ProviderDefinition, name: keyof Operations): KeysError {
  const able = (Object.keys(definition.operations) as OperationName[]).filter(
    (operation) => definition.operations[operation] !== null,
  );
  return new KeysError('unsupported', `${definition.title} has no way to ${name} a key`, {
    ...(INSTEAD[name] ?? { hint: `it can ${able.join(', ')}`, next: 'show_provider' }),
    details: { provider: definition.id, can: able },
  });
}
