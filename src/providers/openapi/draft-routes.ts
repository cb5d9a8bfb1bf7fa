import { merged, objectWith } from '../language/paths.js';
import type { ApiOperation } from './document.js';
import type { KeyApi } from './find-keys.js';
import type { Leaf } from './leaves.js';
import { quoted } from './quoted.js';

/** A path with names that context can have. */
export const pathOf = (path: string) =>
  path.replace(/\{([^}]+)\}/g, (_, name: string) => `{${name.replace(/\W/g, '_')}}`);

/** An operation on one key as a route of the definition language. */
export function routeOf(api: KeyApi, { method, path, query }: ApiOperation): string {
  const needed = query.filter(({ required }) => required).map(({ name }) => `${name}={${nameOf(name)}}`);
  const asked = needed.length === 0 ? '' : `?${needed.join('&')}`;
  return `${method} ${pathOf(path.replace(`{${api.idParameter}}`, '{id}').replace(idOfOther(api, path), '{id}'))}${asked}`;
}

/** The parameter of a path that the collection's path does not have. */
function idOfOther(api: KeyApi, path: string): string {
  const given = new Set([...api.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name));
  const own = [...path.matchAll(/\{([^}]+)\}/g)]
    .map(([, name = '']) => name)
    .find((name) => !given.has(name));
  return own === undefined ? '{id}' : `{${own}}`;
}

/** Whether the vendor wants an id for each request. */
export const namesRequests = ({ create, revoke }: KeyApi) =>
  [create, revoke].some((operation) => operation?.headers.includes('x-request-id'));

/**
 * What the create needs beside the fields: parameters, values that are always the same, values of the
 * context.
 */
export function createRules(
  api: KeyApi,
  constants: readonly Leaf[],
  fromContext: readonly Leaf[],
  showsName: boolean,
): string {
  const needsQuery = api.create.query.some(({ required }) => required);
  const at = needsQuery ? [`at: ${quoted(routeOf(api, api.create))}`] : [];
  const parts = [
    ...(constants.length === 0 ? [] : [`...${constantsOf(constants)}`]),
    ...fromContext.map(({ path }) => `${quoted(path)}: set[${quoted(nameOf(path))}]`),
  ];
  const input = fromContext.length === 0 ? '' : '_, { set }';
  const body =
    parts.length === 0
      ? []
      : [
          `body: (${input}) => (${fromContext.length === 0 ? constantsOf(constants) : `{ ${parts.join(', ')} }`})`,
        ];
  const rules = [...at, ...body, ...(showsName ? [] : ["returns: 'id'"])];
  return rules.length === 0 ? '' : ` ${rules.join(', ')} `;
}

/** The line of the list: where it is, and how it goes on. */
export function listLine(api: KeyApi, path: string, pagesCode: string | undefined): string {
  if (api.list === undefined) return '// The document has no operation that lists keys.';
  const at = api.list.path === api.path ? [] : [`at: ${quoted(`GET ${pathOf(api.list.path)}`)}`];
  const inside = path === '' ? [] : [`in: ${quoted(path)}`];
  const needed = api.list.query.filter(({ required }) => required).map(({ name }) => name);
  const query =
    needed.length === 0
      ? []
      : [
          `query: (set) => ({ ${needed.map((name) => `${quoted(name)}: set[${quoted(nameOf(name))}]`).join(', ')} })`,
        ];
  const paged = pagesCode === undefined ? [] : [`pages: ${pagesCode}`];
  const rules = [...at, ...inside, ...query, ...paged];
  return rules.length === 0 ? 'list: {},' : `list: { ${rules.join(', ')} },`;
}

/** A parameter's name as context has it. */
export const nameOf = (parameter: string) => parameter.replace(/\W/g, '_');

/** What the paths and required parameters need to know. */
export function contextOf(api: KeyApi): ReadonlyArray<readonly [string, string]> {
  const inPath = [...api.path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const inQuery = [api.list, api.create, api.revoke]
    .flatMap((operation) => operation?.query ?? [])
    .filter(({ required }) => required)
    .map(({ name }) => name);
  const names = [...new Set([...inPath, ...inQuery])];
  return names.map((name) => [nameOf(name), `${name} of the keys`] as const);
}

function constantsOf(leaves: readonly Leaf[]): string {
  let body: Record<string, unknown> = {};
  for (const { path, schema } of leaves) body = merged(body, objectWith(path, schema.values?.[0]));
  return JSON.stringify(body);
}
