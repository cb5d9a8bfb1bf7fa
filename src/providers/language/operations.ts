import { compact } from '../../domain/compact.js';
import { isRecord } from '../../domain/is-record.js';
import {
  type CreatedKey,
  identifyingPart,
  type Key,
  type RolledKey,
  secretPartOf,
} from '../../domain/key.js';
import type {
  CreateKey,
  KeyPage,
  ListKeys,
  RollKey,
  UpdateKey,
  Verdict,
  VerifyKey,
} from '../../domain/key-service.js';
import type { ResponseSchema } from '../../http/wire/read-response.js';
import {
  type Call,
  type CallContext,
  type Operations,
  operation,
  type ProviderResponse,
} from '../define-provider.js';
import { DefinitionMistake } from '../definition-mistake.js';
import { graceEnd, isMaskOf, retired, UNKNOWN, verdictOn } from '../values.js';
import type {
  FurtherRequest,
  KeyChanges,
  KeyResource,
  MethodAndPath,
  NewKey,
  RollMoment,
  SecretPlace,
  VerifyWay,
} from './key-resource.js';
import { noteEarlyEnd, noteNoPages, pages } from './pages.js';
import { merged, objectWith, valueAt } from './paths.js';
import { asAsked, idIn, keyFromRecord, secretAt, showsSecret } from './records.js';
import {
  callOf,
  createBody,
  firstSet,
  momentOf,
  type Options,
  readOnly,
  returned,
  routeFrom,
  saidIn,
  updateBody,
} from './requests.js';
import { noteUnread } from './unread-members.js';

/** Any body: every value is checked where it is read. */
const ANY: ResponseSchema = { safeParse: (data) => ({ success: true, data }) };

/** What the vendor's published address is, and its resource with its options. */
export interface Described {
  readonly resource: KeyResource;
  readonly options: Options;
  readonly published: string | null;
  /** Whether responses are XML. */
  readonly xml: boolean;
}

/** The operations of a resource over HTTP. */
export function operationsOf(described: Described): Operations {
  const { create, update, roll, pause, verify, recover, own, get, operations } = described.resource;
  return {
    ...(create === false ? {} : { create: createOf(described, create) }),
    list: listOf(described),
    ...(get === false ? {} : { get: getOf(described) }),
    revoke: revokeOf(described),
    ...(pause === undefined
      ? {}
      : { pause: pauseOf(described, pause, 'paused'), unpause: pauseOf(described, pause, 'active') }),
    ...compact({
      update: update && updateOf(described, update),
      roll: roll && rollOf(described, roll),
      verify: verify && verifyOf(described, verify),
      recover: recover && recoverOf(described, recover),
      whoami: own && ('at' in own ? toldHolder(described, own) : ownInList(described, own)),
      holders: own && !('at' in own) ? holdersOf(described, own) : undefined,
    }),
    ...operations,
  };
}

const newKey = ({ restrictions, options = {}, ...key }: CreateKey): NewKey => ({
  ...key,
  ...restrictions,
  options,
});
const changesOf = ({ restrictions, options = {}, ...changes }: UpdateKey): KeyChanges => ({
  ...changes,
  ...restrictions,
  options,
});

/** Where a record is said to be in a list, its first member; where nothing is there, the response itself. */
function recordIn(response: unknown, place = ''): unknown {
  const found = valueAt(response, place) ?? response;
  return Array.isArray(found) ? found[0] : found;
}

const record = (
  { resource, options }: Described,
  response: unknown,
  context: CallContext,
  one = resource.one,
): Key => {
  const found = recordIn(response, one);
  noteUnread({ resource, options }, [found], context);
  return keyFromRecord(resource, options, found, context);
};

/** Returns the function that reads the new key and its secret in the response, where `place` says. */
function readerOfCreated(described: Described, way: Exclude<KeyResource['create'], false>) {
  const { resource, options } = described;
  const { returns = 'record', chosen, steps = [], secret = secretOf(resource) } = way;
  return (place: string | undefined) =>
    (response: unknown, asked: CreateKey, context: CallContext): CreatedKey => {
      const key =
        returns === 'id'
          ? asAsked(resource, options, idIn(resource, valueAt(response, place ?? ''), context), newKey(asked))
          : record(described, response, context, place);
      // Further steps give the key what this response does not show yet.
      const { scopes, options: later } = asked;
      const given = compact({ scopes, options: later && { ...key.options, ...later } });
      return {
        key: steps.length === 0 ? key : { ...key, ...given },
        // A server from before clients could choose has made a secret of its own.
        credential: secretAt(
          chosen === undefined || showsSecret(response, secret)
            ? response
            : createBody(way, resource, options, newKey(asked), momentOf(context)),
          secret,
          placeOfSecret(resource, 'create'),
        ),
      };
    };
}

function createOf(described: Described, way: Exclude<KeyResource['create'], false>) {
  const { resource, options } = described;
  const { at = 'POST {keys}', one = resource.one, query, again, chosen, steps = [] } = way;
  const reader = readerOfCreated(described, way);
  return operation<CreateKey, CreatedKey, unknown, undefined>({
    member: 'keys.create',
    call(asked, context) {
      const key = newKey(asked);
      const moment = momentOf(context);
      const route = typeof at === 'string' ? at : routeFrom(at(key, context.set), 'keys.create.at');
      const call = callOf(
        resource,
        route,
        { set: withOptions(context.set, key.options) },
        undefined,
        createBody(way, resource, options, key, moment),
      );
      const said = saidIn('keys.create', way, call);
      return query === undefined
        ? said
        : { ...said, query: returned(query(key, moment), 'keys.create.query') };
    },
    response: ANY,
    ...(again === undefined ? {} : { onConflict: readAgain(resource, again, reader) }),
    ...(chosen === undefined ? {} : { onConflict: findChosen(described, way, chosen) }),
    read: reader(one),
    steps: ({ key: { id } }, asked, context) =>
      steps.flatMap((step, i) =>
        stepOf(resource, `keys.create.steps[${i}]`, step, { id, asked: newKey(asked) }, context, id),
      ),
  });
}

type CreatedReader = ReturnType<typeof readerOfCreated>;

/** Reads the key that an earlier attempt created under the id that the client chose. */
const readAgain = (resource: KeyResource, at: MethodAndPath, reader: CreatedReader) =>
  operation<CreateKey, CreatedKey, unknown, undefined>({
    member: 'keys.create.again',
    call: (_, context) => ({
      ...callOf(resource, at, context, context.newId()),
      from: { at: 'keys.create.again' },
    }),
    response: ANY,
    read: reader(resource.one),
  });

/**
 * Finds the key that an earlier attempt created with the secret that the client chose. Without an id where
 * the first page of the list does not have it.
 */
function findChosen(described: Described, way: Exclude<KeyResource['create'], false>, shownAt: string) {
  const { resource, options } = described;
  const { secret = secretOf(resource) } = way;
  const list = listOf(described);
  return operation<CreateKey, CreatedKey, unknown, undefined>({
    member: 'keys.create.chosen',
    call: (_, context) => list.call({}, context, undefined as never),
    response: ANY,
    read(response, asked, context) {
      const key = newKey(asked);
      const credential = secretAt(createBody(way, resource, options, key, momentOf(context)), secret);
      const found = recordsIn(described, response).find((each) =>
        beginsAs(identifyingPart(credential), valueAt(each, shownAt)),
      );
      return {
        key:
          found === undefined
            ? asAsked(resource, options, '', key)
            : keyFromRecord(resource, options, found, context),
        credential,
      };
    },
  });
}

const beginsAs = (text: string, shown: unknown) =>
  typeof shown === 'string' && shown !== '' && text.startsWith(shown);

/** Context, and options that are text: what fills the braces of a create's path. */
function withOptions(set: CallContext['set'], options: NewKey['options']): CallContext['set'] {
  const texts = Object.entries(options).filter(
    (each): each is [string, string] => typeof each[1] === 'string',
  );
  return texts.length === 0 ? set : { ...set, ...Object.fromEntries(texts) };
}

/** Which member of the file says where the secret is in the response of an operation. */
function placeOfSecret(keys: KeyResource, name: 'create' | 'roll' | 'recover'): string {
  const way = keys[name];
  return way !== false && way?.secret !== undefined ? `keys.${name}.secret` : 'keys.secret';
}

function secretOf({ secret }: KeyResource): SecretPlace {
  if (secret !== undefined) return secret;
  throw new DefinitionMistake('keys.secret', 'is missing: it is where the secret of a new key is');
}

/** The requests of a further step. */
function stepOf<Input>(
  resource: KeyResource,
  place: string,
  { at, body, bodies }: FurtherRequest<Input>,
  input: Input,
  context: CallContext,
  id: string,
): Call[] {
  const request = (sent: unknown): Call => ({
    ...callOf(resource, at, context, id, sent),
    from: { at: `${place}.at`, body: `${place}.${bodies === undefined ? 'body' : 'bodies'}` },
  });
  if (bodies !== undefined) {
    const all: unknown = bodies(input, momentOf(context));
    if (Array.isArray(all)) return all.map(request);
    throw new DefinitionMistake(`${place}.bodies`, 'returns no list: one body for each request');
  }
  const sent = body?.(input, momentOf(context));
  return body !== undefined && sent === undefined ? [] : [request(sent)];
}

function listOf(described: Described) {
  const { resource, published } = described;
  const { at = 'GET {keys}', pages: way = pages.none, query, name: byName } = resource.list ?? {};
  return operation<ListKeys, KeyPage, unknown, undefined>({
    member: 'keys.list',
    call({ cursor, limit, name }, context) {
      const route =
        typeof at === 'function' ? routeFrom(at(context.set), 'keys.list.at') : firstSet(at, context.set);
      const asked = readOnly(callOf(resource, route, context));
      const call = saidIn('keys.list', { at: resource.list?.at, body: query }, asked);
      if (way.byPath && cursor !== undefined) return { ...call, path: cursor };
      const named =
        byName !== undefined && name !== undefined && !name.includes('*') ? { [byName]: name } : {};
      const always = query === undefined ? {} : returned(query(context.set), 'keys.list.query');
      const parameters = { ...always, ...named, ...way.query({ cursor, limit }) };
      return call.method === 'POST'
        ? { ...call, body: bodyWith(parameters), from: { at: 'keys.list.at', body: 'keys.list.query' } }
        : { ...call, query: parameters as NonNullable<Call['query']> };
    },
    response: ANY,
    read(response, { cursor, limit }, context) {
      const records = recordsIn(described, response);
      noteUnread(described, records, context);
      const keys = records.flatMap((each) => {
        try {
          return [keyFromRecord(resource, described.options, each, context)];
        } catch (error) {
          if (!(error instanceof DefinitionMistake) || records.length === 1) throw error;
          context.note(error.field, `${error.problem}; that key is left out of the list`);
          return [];
        }
      });
      if (records.length > 0 && keys.length === 0)
        throw new DefinitionMistake('keys.fields.id', 'is missing in every record');
      const { baseUrl, note, isOwnFile } = context;
      const origins = { baseUrl, published, note, isOwnFile };
      if (resource.list?.pages === undefined) noteNoPages(response, records.length, origins);
      const next = way.next(response, keys, { cursor, limit }, origins) ?? null;
      const isOnly = next === null && cursor === undefined;
      if (isOnly && resource.list?.pages !== undefined) noteEarlyEnd(response, records.length, origins);
      return { keys, next_cursor: next };
    },
  });
}

/** The records of a list. Throws `DefinitionMistake` where there is no list. */
function recordsIn({ resource: { list }, xml }: Described, response: unknown): readonly unknown[] {
  const { in: place = '' } = list ?? {};
  // An empty element of XML has no items that a path could name.
  const records: unknown = valueAt(response, place) ?? (xml ? [] : undefined);
  if (Array.isArray(records)) return records;
  throw new DefinitionMistake(place ? `keys.list.in (${place})` : 'the response', 'is not a list of keys');
}

/** Parameters of a list by POST as its body: a dot in a name nests, as in every other place of a body. */
function bodyWith(parameters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.entries(parameters).reduce<Record<string, unknown>>(
    (body, [name, value]) => (value === undefined ? body : merged(body, objectWith(name, value))),
    {},
  );
}

const oneOf = ({ resource }: Pick<Described, 'resource'>, id: string, context: CallContext): Call => ({
  ...readOnly(callOf(resource, resource.get || 'GET {keys}/{id}', context, id)),
  from: { at: resource.get ? 'keys.get' : 'keys.path; keys.get is left out' },
});

function getOf(described: Described) {
  return operation<string, Key, unknown, undefined>({
    member: 'keys.get',
    call: (id, context) => oneOf(described, id, context),
    response: ANY,
    read: (response, _, context) => record(described, response, context),
  });
}

type Changed = { readonly id: string; readonly changes: UpdateKey };

function updateOf(described: Described, way: NonNullable<KeyResource['update']>) {
  const { resource, options } = described;
  const { at = way.replaces ? 'PUT {keys}/{id}' : 'PATCH {keys}/{id}', returns = 'record', encoding } = way;
  return operation<Changed, Key | undefined, unknown, unknown>({
    member: 'keys.update',
    ...(way.replaces || way.reads
      ? {
          first: operation<Changed, unknown, unknown, undefined>({
            member: 'keys.get',
            call: ({ id }, context) => oneOf(described, id, context),
            response: ANY,
            read: (response) => recordIn(response, resource.one),
          }),
        }
      : {}),
    call({ id, changes }, context, before) {
      const moment = momentOf(context);
      const asked = changesOf(changes);
      const fields = updateBody(resource, options, asked, moment);
      const body =
        way.body === undefined
          ? fields
          : returned(way.body(asked, { ...moment, record: before }), 'keys.update.body');
      const whole = way.replaces ? withoutNull(merged(before, body)) : body;
      const sent = encoding === 'json-patch' && isRecord(whole) ? patchOf(whole) : whole;
      const route = typeof at === 'string' ? at : routeFrom(at(asked), 'keys.update.at');
      const call = callOf(resource, route, context, id, sent);
      return { ...saidIn('keys.update', way, call), ...compact({ encoding }) };
    },
    ...(returns === 'record' ? { response: ANY } : {}),
    read: (response, _, context) => (returns === 'record' ? record(described, response, context) : undefined),
  });
}

function withoutNull(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

function patchOf(body: Record<string, unknown>): unknown[] {
  return Object.entries(body).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value }));
}

type Rolled = { readonly id: string; readonly request: RollKey };

function rollOf(described: Described, way: NonNullable<KeyResource['roll']>) {
  const { resource } = described;
  const { grace = 'any', returns = 'record', body, query, steps = [], one, inPlace = false } = way;
  const secret = way.secret ?? secretOf(resource);
  return operation<Rolled, RolledKey, unknown, RollMoment>({
    member: 'keys.roll',
    first: operation<Rolled, RollMoment, unknown, undefined>({
      member: 'keys.get',
      call: ({ id }, context) => oneOf(described, id, context),
      response: ANY,
      read(response, { id, request }, context) {
        const old = record(described, response, context);
        const moment = momentOf(context);
        const asked = typeof grace === 'number' ? { grace_seconds: grace } : request;
        const ends = grace === 'none' ? moment.now : graceEnd(asked, old, moment.now);
        return { ...moment, id, old, record: valueAt(response, resource.one ?? ''), ends };
      },
    }),
    call({ id }, context, plan) {
      const sent = body && returned(body(plan), 'keys.roll.body');
      return {
        ...saidIn('keys.roll', way, callOf(resource, way.at, context, id, sent)),
        ...compact({ query: query && returned(query(plan), 'keys.roll.query') }),
      };
    },
    response: ANY,
    read(response, _, context, { old, ends, now }) {
      const { created_at: _created, last_used: _used, ...like } = old;
      const key =
        returns === 'secret'
          ? old
          : returns === 'id'
            ? { ...like, id: idIn(resource, valueAt(response, one ?? resource.one ?? ''), context) }
            : record(described, response, context, one);
      const stopped = inPlace && grace === 'none';
      return {
        key,
        credential: secretAt(response, secret, placeOfSecret(resource, 'roll')),
        previous: stopped ? { ...old, status: 'revoked' } : retired(old, ends, now),
      };
    },
    steps({ key, previous }, { id, request }, context) {
      const moment = momentOf(context);
      const ends = graceEnd(request, previous, moment.now);
      const plan: RollMoment = { ...moment, id, old: previous, record: undefined, ends };
      return steps.flatMap((step, i) =>
        stepOf(resource, `keys.roll.steps[${i}]`, step, { id: key.id, plan }, context, id),
      );
    },
  });
}

function revokeOf({ resource }: Described) {
  const { at = 'DELETE {keys}/{id}', body, steps = [] } = resource.revoke ?? {};
  return operation<string, undefined, unknown, undefined>({
    member: 'keys.revoke',
    call(id, context) {
      const sent = typeof body === 'function' ? returned(body(context.set), 'keys.revoke.body') : body;
      return saidIn('keys.revoke', resource.revoke ?? {}, callOf(resource, at, context, id, sent));
    },
    read: () => undefined,
    steps: (_, id, context) =>
      steps.flatMap((step, i) => stepOf(resource, `keys.revoke.steps[${i}]`, step, id, context, id)),
  });
}

/** Pauses a key, or lets it work again. A vendor whose update replaces the record gets all of it. */
function pauseOf(
  { resource }: Described,
  way: NonNullable<KeyResource['pause']>,
  state: 'paused' | 'active',
) {
  const { update = {} } = resource;
  const replaces = way.at === undefined && update.replaces === true;
  const usual: MethodAndPath = replaces ? 'PUT {keys}/{id}' : 'PATCH {keys}/{id}';
  const at = way.at ?? (typeof update.at === 'string' ? update.at : usual);
  const said = way[state];
  const given = [
    ...(way.at === undefined ? [] : ['keys.pause.at']),
    ...(update.at === undefined ? [] : ['keys.update.at']),
  ];
  const from = { at: given[0] ?? 'keys.path; keys.pause.at is left out', body: `keys.pause.${state}` };
  return operation<string, undefined, unknown, unknown>({
    member: 'keys.pause',
    ...(replaces
      ? {
          first: operation<string, unknown, unknown, undefined>({
            member: 'keys.get',
            call: (id, context) => oneOf({ resource }, id, context),
            response: ANY,
            read: (response) => recordIn(response, resource.one),
          }),
        }
      : {}),
    call(id, context, before) {
      const body = typeof said === 'function' ? returned(said(context.set), `keys.pause.${state}`) : said;
      const sent = replaces ? withoutNull(merged(before, body)) : body;
      return { ...callOf(resource, at, context, id, sent), from };
    },
    read: () => undefined,
  });
}

/** The verdict of a definition that says where the record is and which statuses mean an unknown key. */
function usualVerdict({ record: place = '', unknown = [] }: Pick<VerifyWay, 'record' | 'unknown'>) {
  return ({ status, body }: ProviderResponse, keyOf: (found: unknown) => Key): Verdict | undefined => {
    if (unknown.includes(status) && body !== undefined) return UNKNOWN;
    if (status !== 200) return undefined;
    const found = valueAt(body, place);
    return found === undefined || found === null ? UNKNOWN : verdictOn(keyOf(found));
  };
}

function verifyOf(described: Described, way: VerifyWay) {
  const { at, body, query, verdict = usualVerdict(way) } = way;
  return operation<VerifyKey, Verdict, unknown, undefined>({
    member: 'keys.verify',
    call(asked, context) {
      const route = at.replace('{key}', encodeURIComponent(asked.key)) as MethodAndPath;
      const sent = body && returned(body(asked, momentOf(context)), 'keys.verify.body');
      const asking = readOnly(callOf(described.resource, route, context, undefined, sent));
      const call = saidIn('keys.verify', way, asking);
      return query === undefined ? call : { ...call, query: returned(query(asked), 'keys.verify.query') };
    },
    judge(response, asked, context) {
      const keyOf = (found: unknown) => keyFromRecord(described.resource, described.options, found, context);
      const judged: unknown = verdict(response, keyOf, asked);
      if (judged === undefined || isVerdict(judged)) return judged;
      throw new DefinitionMistake('keys.verify.verdict', 'returns no verdict, such as { valid: true, key }');
    },
    response: ANY,
    read() {
      throw new DefinitionMistake('keys.verify.verdict', 'is undefined for a response of 2xx');
    },
  });
}

const isVerdict = (judged: unknown): judged is Verdict =>
  isRecord(judged) && typeof judged['valid'] === 'boolean';

type OwnWay = NonNullable<KeyResource['own']>;

function toldHolder(described: Described, { at, one }: Extract<OwnWay, { at: unknown }>) {
  return operation<undefined, Key | null, unknown, undefined>({
    member: 'keys.own',
    call: (_, context) => ({
      ...readOnly(callOf(described.resource, firstSet(at, context.set), context)),
      from: { at: 'keys.own.at' },
    }),
    response: ANY,
    read: (response, _, context) => record(described, response, context, one),
  });
}

/** A secret in the records of the list, whole or masked. */
type ShownWay = Exclude<OwnWay, { at: unknown }>;

/** Whether a record shows this secret. */
function showsItself(each: unknown, secret: string, way: ShownWay): boolean {
  if ('whole' in way) return valueAt(each, way.whole) === secret;
  return isMaskOf(valueAt(each, way.masked), secret);
}

/** Finds the key that asks in the list; null where no record is its own, as that of a master key. */
function ownInList(described: Described, way: ShownWay) {
  const { resource, options } = described;
  const list = listOf(described);
  return operation<undefined, Key | null, unknown, undefined>({
    member: 'keys.own',
    call: (_, context) => list.call({}, context, undefined as never),
    response: ANY,
    read(response, _, context) {
      const secret = secretPartOf(context.credential);
      const found = recordsIn(described, response).find((each) => showsItself(each, secret, way));
      return found === undefined ? null : keyFromRecord(resource, options, found, context);
    },
  });
}

/** Finds the key of a secret that another credential lists. */
function holdersOf(described: Described, way: ShownWay) {
  const { resource, options } = described;
  const list = listOf(described);
  return operation<{ readonly secret: string; readonly cursor?: string }, KeyPage, unknown, undefined>({
    member: 'keys.own',
    call: ({ cursor }, context) => list.call(compact({ cursor }), context, undefined as never),
    response: ANY,
    read(response, { secret, cursor }, context) {
      // What the list itself notes of its records is noted where it is shown.
      const quiet = { ...context, note: () => undefined };
      const { next_cursor } = list.read(response as never, compact({ cursor }), quiet, undefined as never);
      const found = recordsIn(described, response).filter((each) => showsItself(each, secret, way));
      return { keys: found.map((each) => keyFromRecord(resource, options, each, context)), next_cursor };
    },
  });
}

function recoverOf(
  { resource }: Described,
  { at, secret = secretOf(resource) }: NonNullable<KeyResource['recover']>,
) {
  return operation<string, ReturnType<typeof secretAt>, unknown, undefined>({
    member: 'keys.recover',
    call: (id, context) => ({
      ...readOnly(callOf(resource, at, context, id)),
      from: { at: 'keys.recover.at' },
    }),
    response: ANY,
    read: (response) => secretAt(response, secret, placeOfSecret(resource, 'recover')),
  });
}
