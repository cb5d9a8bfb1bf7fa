import { compact } from '../../../domain/compact.js';
import { type CreatedKey, identifyingPart } from '../../../domain/key.js';
import type { CreateKey } from '../../../domain/key-service.js';
import { type CallContext, operation } from '../../define-provider.js';
import type { KeyResource, MethodAndPath, NewKey } from '../key-resource.js';
import { valueAt } from '../paths.js';
import { asAsked, idIn, keyFromRecord, secretAt, showsSecret } from '../records.js';
import { callOf, createBody, momentOf, readOnly, returned, routeFrom, saidIn } from '../requests.js';
import { ANY, type Described } from './described.js';
import { requestsOfStep } from './further-requests.js';
import { listOf } from './list.js';
import { keyIn, recordsIn } from './response-records.js';
import { placeOfSecret, secretOf } from './secret-place.js';

export function createOf(described: Described, way: Exclude<KeyResource['create'], false>) {
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
        requestsOfStep(resource, `keys.create.steps[${i}]`, step, { id, asked: newKey(asked) }, context, id),
      ),
  });
}

const newKey = ({ restrictions, options = {}, ...key }: CreateKey): NewKey => ({
  ...key,
  ...restrictions,
  options,
});

/** Returns the function that reads the new key and its secret in the response, where `place` says. */
function readerOfCreated(described: Described, way: Exclude<KeyResource['create'], false>) {
  const { resource, options } = described;
  const { returns = 'record', chosen, steps = [], secret = secretOf(resource) } = way;
  return (place: string | undefined) =>
    (response: unknown, asked: CreateKey, context: CallContext): CreatedKey => {
      const key =
        returns === 'id'
          ? asAsked(resource, options, idIn(resource, valueAt(response, place ?? ''), context), newKey(asked))
          : keyIn(described, response, context, place);
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

export function recoverOf(
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
