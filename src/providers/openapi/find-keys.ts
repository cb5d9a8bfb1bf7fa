import type { ApiDocument, ApiOperation } from './document.js';
import { type Leaf, leafNamed, leavesOf, plain } from './leaves.js';

/** The operations on one collection of keys, as far as a document has them. */
export interface KeyApi {
  /** Such as `/projects/{project}/keys`. */
  readonly path: string;
  readonly create: ApiOperation;
  readonly secret: Leaf;
  readonly list?: ApiOperation;
  readonly get?: ApiOperation;
  readonly update?: ApiOperation;
  readonly revoke?: ApiOperation;
  readonly roll?: ApiOperation;
  /** The parameter that names a key in these paths. */
  readonly idParameter: string;
}

const SECRETS = [
  /^(api)?secret(key|value)?$/,
  /^(plain|full|raw)(text)?(api)?(key|token|secret)$/,
  /^(bearer|access|auth)?token$/,
  /^(key)?value$/,
  /^apikey$/,
  /^key$/,
];
const COLLECTION = /(key|token|credential|secret)s?$/;
const ROLLS = /\/(roll|rotate|reroll|reset|regenerate|renew|refresh|value)$/;
const REVOKES = /\/(revoke|delete|disable)$/;

const parametersOf = (path: string) => [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
/** A path without its version and its ending: operations on one collection may have several. */
const shapeOf = (path: string) =>
  path
    .replace(/^\/v\d+(?=\/)/, '')
    .replace(/\.json$/, '')
    .replace(/\/$/, '');

/** Every collection in which keys are created, the likeliest first. */
export function findKeyApis(document: ApiDocument): KeyApi[] {
  return document.operations
    .filter(({ method, path }) => method === 'POST' && COLLECTION.test(plain(lastOf(path))))
    .flatMap((create) => {
      const secret = leafNamed(
        leavesOf(document, create.response),
        SECRETS,
        ({ schema: { type } }) => type === 'string' || type === undefined,
      );
      return secret === undefined ? [] : [keyApi(document, create, secret)];
    })
    .sort((a, b) => weight(b) - weight(a));
}

const lastOf = (path: string) => shapeOf(path).split('/').at(-1) ?? '';

function weight({ path, list, revoke, get }: KeyApi): number {
  return (list ? 4 : 0) + (revoke ? 4 : 0) + (get ? 1 : 0) - parametersOf(path).length * 2;
}

function keyApi({ operations }: ApiDocument, create: ApiOperation, secret: Leaf): KeyApi {
  const own = shapeOf(create.path);
  const given = parametersOf(create.path);
  const last = lastOf(create.path);
  const of = (method: ApiOperation['method'], fits: (shape: string) => boolean) =>
    operations.find((one) => one.method === method && fits(shapeOf(one.path)));
  /**
   * Whether a path is one key's: the collection's, or one that ends the same and needs no more than the key.
   */
  const isOne = (shape: string): boolean => {
    const more = parametersOf(shape).filter((name) => !given.includes(name));
    const collection = shape.replace(/\/\{[^}]+\}$/, '');
    return (
      more.length === 1 && collection !== shape && (collection === own || collection.endsWith(`/${last}`))
    );
  };
  const isAct = (pattern: RegExp) => (shape: string) =>
    pattern.test(shape) && isOne(shape.replace(pattern, ''));
  const list = of('GET', (shape) => shape === own);
  const get = of('GET', isOne);
  const update = of('PATCH', isOne) ?? of('POST', isOne);
  const revoke = of('POST', isAct(REVOKES)) ?? of('DELETE', isOne);
  const roll = of('POST', isAct(ROLLS)) ?? of('PUT', isAct(ROLLS));
  const one = revoke ?? get ?? update;
  const idParameter = parametersOf(one?.path ?? '').find((name) => !given.includes(name)) ?? 'id';
  return {
    ...{ path: create.path, create, secret, idParameter },
    ...(list && { list }),
    ...(get && { get }),
    ...(update && { update }),
    ...(revoke && { revoke }),
    ...(roll && { roll }),
  };
}
