import type { EventPage, ListEvents } from '../domain/audit-event.js';
import { CANNOT_TELL } from '../domain/cannot-tell.js';
import type { Clock } from '../domain/clock.js';
import { compact } from '../domain/compact.js';
import { isEnded } from '../domain/ended-key.js';
import { changed, type ErrorCode, KeysError, withOutcome } from '../domain/errors.js';
import { everyPage } from '../domain/every-page.js';
import { requireChangeable, requireExpressible } from '../domain/expressible.js';
import { passesFilters } from '../domain/filter-keys.js';
import { type CreatedKey, type Credential, type Key, type RolledKey, secretPartOf } from '../domain/key.js';
import type {
  CreateKey,
  CreationOptions,
  ForceOptions,
  KeyPage,
  KeyService,
  ListKeys,
  RollKey,
  UpdateKey,
  Verdict,
  VerifyKey,
} from '../domain/key-service.js';
import { createRedactor, type Redactor } from '../domain/redactor.js';
import { withOptionsOfSet } from '../domain/set-options.js';
import { titleInSentence } from '../domain/systems.js';
import { redactError } from '../http/redact.js';
import type { Transport } from '../http/transport.js';
import { differences } from './contract-fields.js';
import type { ProviderDefinition } from './define-provider.js';
import { outwardOf, shownCreated } from './key-handles.js';
import { createKeyLookup, type KeyLookup, requireId } from './key-lookup.js';
import type { SessionStore } from './login.js';
import { lookUntil } from './look-until.js';
import { createRunner, type Run } from './run-operation.js';
import { requireSent } from './sent-fields.js';
import { unsupported } from './unsupported.js';

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
  /** Gets every secret that is sent or received; default: one of its own. */
  readonly redactor?: Redactor;
  /** Called once for each field of a response that cannot be read, so that it is unknown. */
  readonly warn?: (message: string) => void;
  /** Where a vendor's session is kept between calls, for a login that says so. */
  readonly sessions?: SessionStore;
}

/** An opened provider: what each operation below needs. */
interface Engine extends Pick<ProviderServiceOptions, 'clock' | 'sleep'> {
  readonly definition: ProviderDefinition;
  readonly set: Readonly<Record<string, string>>;
  readonly run: Run;
  readonly lookup: KeyLookup;
  readonly outward: (key: Key) => Key;
}

/**
 * Returns the `KeyService` of a definition: the one way in which this program uses a service over HTTP. An
 * operation that the definition lacks throws `unsupported`, with what there is instead. Other errors: see
 * `Run`.
 */
export function createProviderService(
  definition: ProviderDefinition,
  options: ProviderServiceOptions,
): KeyService {
  const { set = {}, warn = () => undefined, redactor = createRedactor() } = options;
  const run = createRunner(definition, { ...options, set, warn, redactor });
  const lookup = createKeyLookup(definition, run);
  const engine: Engine = { ...options, definition, set, run, lookup, outward: outwardOf(definition) };
  const { recover, usage, acknowledge, pause, unpause } = definition.endpoints ?? {};
  // What a response says may stand in an error: an id, a name, a message. The secrets in it are replaced.
  const safe =
    <Input extends unknown[], Output>(operation: (engine: Engine, ...input: Input) => Promise<Output>) =>
    async (...input: Input): Promise<Output> => {
      try {
        return await operation(engine, ...input);
      } catch (error) {
        throw redactError(error, redactor);
      }
    };
  return {
    create: safe(create),
    list: safe(list),
    get: safe((_, id) => lookup.get(id)),
    update: safe(update),
    roll: safe(roll),
    ...(pause === undefined || unpause === undefined
      ? {}
      : { pause: safe(setPaused('pause')), unpause: safe(setPaused('unpause')) }),
    revoke: safe(revoke),
    verify: safe(verify),
    whoami: safe(whoami),
    events: safe(events),
    ...(usage === undefined
      ? {}
      : { usage: safe((_, id: string, days?: number) => run('usage', { id, days })) }),
    ...(recover === undefined ? {} : { recover: safe(readAgain) }),
    acknowledge: safe(async (_, id: string, creation: CreationOptions) => {
      if (acknowledge !== undefined) await run('acknowledge', id, { creation });
    }),
  };
}

async function create(
  { definition, set, clock, run, sleep }: Engine,
  request: CreateKey,
  creation: CreationOptions,
): Promise<CreatedKey> {
  const asked = withOptionsOfSet(definition, request, set);
  if (!definition.judgesRequests) {
    requireExpressible(definition, asked, clock.now());
    requireSent(definition, asked, clock.now());
  }
  const send = async () => await run('create', asked, { creation });
  const created = await send();
  if (created.key.id !== '' || !definition.repeatable.create) return shownCreated(definition, created);
  // An earlier attempt created it, and the list that shows its id may be late: repeating the request does no
  // harm.
  const seconds = Math.max(definition.settling.listed, USUAL_LAG);
  const found = await lookUntil(send, ({ key }) => key.id !== '', { seconds, sleep });
  return shownCreated(definition, found);
}

async function list({ definition, run, lookup, outward }: Engine, query: ListKeys): Promise<KeyPage> {
  const page = await run('list', query);
  const all = definition.listsIdsOnly ? await lookup.inFull(page.keys) : page.keys;
  const keys = definition.filtersLists ? all : all.filter((key) => passesFilters(key, query));
  return { ...page, keys: keys.map(outward) };
}

async function update(
  engine: Engine,
  id: string,
  changes: UpdateKey,
  { force }: ForceOptions = {},
): Promise<Key> {
  const { definition, run, lookup, outward } = engine;
  if (definition.endpoints?.update === undefined) throw unsupported(definition, 'update');
  if (!definition.judgesRequests) requireChangeable(definition, changes);
  const own = await lookup.ownId(id);
  const updated = await run('update', { id: own.id, changes }, { secrets: own.secrets, force });
  // A vendor that replaces the whole record would undo this change by the next one, if that is made from what
  // is read too early.
  if (updated !== undefined && definition.settling.listed === 0) return requireId(id, outward(updated));
  const { stored = (name: string) => name } = definition.names;
  const { name } = changes;
  return await readChanged(engine, id, (key) => {
    const renamed = name === undefined || key.name === stored(name);
    return renamed && differences(changes, key, definition).length === 0;
  });
}

async function roll(
  { definition, run, lookup, outward }: Engine,
  id: string,
  request: RollKey,
  creation: CreationOptions,
): Promise<RolledKey> {
  if (definition.endpoints?.roll === undefined) throw unsupported(definition, 'roll');
  const own = await lookup.ownId(id);
  const rolled = await run('roll', { id: own.id, request }, { creation, secrets: own.secrets });
  const previous = requireId(id, outward(rolled.previous));
  return {
    ...rolled,
    key: outward(rolled.key),
    previous: stopsOld(definition) ? { ...previous, status: 'revoked' } : previous,
  };
}

/** Whether a roll stops the old key at once, whatever the record of the old key says. */
function stopsOld({ roll: way }: ProviderDefinition): boolean {
  return way.by === 'provider' && way.grace.kind === 'none' && way.inPlace !== true;
}

/** Returns the key as it is read afterwards. */
function setPaused(name: 'pause' | 'unpause') {
  return async (engine: Engine, id: string, { force }: ForceOptions = {}): Promise<Key> => {
    const own = await engine.lookup.ownId(id);
    await engine.run(name, own.id, { secrets: own.secrets, force });
    return await readChanged(engine, id, ({ status }) => (status === 'paused') === (name === 'pause'));
  };
}

/**
 * Returns a key that was changed, as soon as it shows the change: a vendor's reads may lag behind. At the
 * latest as it is then.
 */
async function readChanged(
  { lookup, sleep, definition: { settling } }: Engine,
  id: string,
  shows: (key: Key) => boolean,
): Promise<Key> {
  return await lookUntil(() => afterChange(lookup.get(id)), shows, { seconds: settling.listed, sleep });
}

/** Waits for a key that is read after it was changed: if that fails, the change is made all the same. */
async function afterChange(key: Promise<Key>): Promise<Key> {
  try {
    return await key;
  } catch (error) {
    throw withOutcome(error, 'unknown');
  }
}

/**
 * Seconds in which a list may still show a key whose revoke gets a 404, whatever the definition says: the
 * first response may be lost.
 */
const USUAL_LAG = 3;

/**
 * Revokes a key, and waits until it is gone where the vendor needs a while. A 404 may mean that the key is
 * gone, or that the address of the request is wrong: the key is looked for. Throws `not_found` if it is gone,
 * `bad_response` if it is there and works, and `timeout` if it is still listed after it was revoked.
 */
async function revoke(engine: Engine, id: string, { force }: ForceOptions = {}): Promise<void> {
  const { definition, run, lookup, sleep } = engine;
  const own = await lookup.ownId(id);
  const unknown = await notFoundOf(run('revoke', own.id, { secrets: own.secrets, force }));
  const { listed: declared } = definition.settling;
  if (unknown === null && declared === 0) return;
  const listed = unknown === null ? declared : Math.max(declared, USUAL_LAG);
  const look = async () => await hasEnded(engine, id, unknown);
  const ended = await lookUntil(look, (has) => has, { seconds: listed, sleep });
  if (!ended) throw unknown === null ? stillListed(id) : stillThere(id, unknown, definition);
  if (unknown !== null) throw unknown;
}

/** Returns the error where the vendor says that there is no such key, and null where the request succeeds. */
async function notFoundOf(request: Promise<unknown>): Promise<KeysError | null> {
  try {
    await request;
    return null;
  } catch (error) {
    if (error instanceof KeysError && error.code === 'not_found') return error;
    throw error;
  }
}

function stillListed(id: string): KeysError {
  return new KeysError('timeout', `revoked, and still listed as it was: ${id}`, {
    hint: 'revoking it once more does no harm; look again later',
    next: 'show_key',
  });
}

function stillThere(id: string, { message }: KeysError, { title }: ProviderDefinition): KeysError {
  return new KeysError(
    'bad_response',
    `${id} may not be revoked: ${titleInSentence({ title })} still shows it, and says: ${message}`,
    {
      hint: 'its list may be late: look again in a minute; else the address of the request is wrong, and only the dashboard revokes the key',
      next: 'show_key',
    },
  );
}

/**
 * Whether the key is gone or has ended. Where this credential may not look, a revoke that was accepted is
 * believed, and else `unknown` is thrown.
 */
async function hasEnded({ lookup }: Engine, id: string, unknown: KeysError | null): Promise<boolean> {
  try {
    const { status } = await afterChange(lookup.get(id));
    return isEnded(status);
  } catch (error) {
    const code = error instanceof KeysError ? error.code : null;
    if (code === 'not_found') return true;
    if (unknown !== null && code !== null && CANNOT_TELL.has(code)) throw unknown;
    if (unknown !== null || !(error instanceof KeysError)) throw error;
    if (CANNOT_TELL.has(error.code)) return true;
    const message = `${id} was revoked, and whether it is gone cannot be read: ${error.message}`;
    throw changed(error, { message, hint: 'revoking it once more does no harm', next: 'show_key' });
  }
}

async function verify({ run, outward }: Engine, request: VerifyKey): Promise<Verdict> {
  const verdict = await run('verify', request, { secrets: [request.key] });
  return verdict.key === undefined ? verdict : { ...verdict, key: outward(verdict.key) };
}

async function whoami({ definition, run, outward }: Engine): Promise<Key | null> {
  const says = definition.endpoints?.whoami !== undefined;
  // A vendor tells many a credential whose it is that may not manage keys: one that cannot list fails here.
  if (!says || !definition.judgesRequests) await run('list', { limit: 1 });
  if (!says) return null;
  try {
    const key = await run('whoami', undefined);
    return key && outward(key);
  } catch (error) {
    const untold = error instanceof KeysError && UNTOLD.has(error.code);
    if (untold && !definition.judgesRequests) return null;
    throw error;
  }
}

/**
 * The record of the key whose secret this is. Where the account's list shows the secrets of its keys, whole
 * or masked, it is looked for there; else the vendor tells the holder of a secret, and the request is sent
 * with the secret itself. Null: neither tells, or the vendor refuses the secret.
 */
export async function keyOfSecret(
  definition: ProviderDefinition,
  options: ProviderServiceOptions,
  held: Credential,
): Promise<Key | null> {
  const { holders, whoami } = definition.endpoints ?? {};
  const { set = {}, redactor = createRedactor() } = options;
  // Of this record only the id counts: what else it lacks is no fault.
  const warn = () => undefined;
  const runAs = (credential: Credential) =>
    createRunner(definition, { ...options, credential, set, warn, redactor });
  const outward = outwardOf(definition);
  try {
    if (holders !== undefined) {
      const key = await keyInList(runAs(options.credential), secretPartOf(held));
      return key && outward(key);
    }
    // A login takes what manages keys, and this is a key. Nor does half a pair sign in where pairs do.
    const signsIn = !definition.login && (definition.managedBy === 'secret') === 'secret' in held;
    if (whoami === undefined || !signsIn) return null;
    const key = await runAs(held)('whoami', undefined);
    return key && outward(key);
  } catch (error) {
    if (error instanceof KeysError && UNTOLD.has(error.code)) return null;
    throw redactError(error, redactor);
  }
}

/** The key of the list whose record shows this secret; null where none does, or more than one. */
async function keyInList(run: Run, secret: string): Promise<Key | null> {
  const matching = everyPage(async (cursor) => {
    const page = await run('holders', { secret, ...compact({ cursor }) }, { secrets: [secret] });
    return { rows: page.keys, next_cursor: page.next_cursor };
  });
  let found: Key | null = null;
  for await (const key of matching) {
    if (found !== null && found.id !== key.id) return null;
    found = key;
  }
  return found;
}

/** How a vendor says that it does not tell this credential which key it is. */
const UNTOLD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...(['forbidden', 'not_found', 'invalid_request', 'unauthenticated'] as const),
]);

async function events({ definition, run }: Engine, query: ListEvents): Promise<EventPage> {
  if (definition.endpoints?.events !== undefined) return await run('events', query);
  throw new KeysError('unsupported', `${definition.title} has no API for who did what to its keys`, {
    hint: "is there an audit trail in the vendor's dashboard?",
  });
}

async function readAgain({ run, lookup }: Engine, id: string): Promise<Credential> {
  const own = await lookup.ownId(id);
  return await run('recover', own.id, { secrets: own.secrets });
}
