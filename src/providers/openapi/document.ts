import { KeysError } from '../../domain/errors.js';
import { isRecord } from '../../domain/is-record.js';

/**
 * A schema with its references resolved and its parts merged, one level deep: properties are read by `flat`
 * again.
 */
export interface FlatSchema {
  readonly type: string | undefined;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
  readonly items: unknown;
  readonly format: string | undefined;
  readonly description: string;
  readonly values: readonly unknown[] | undefined;
  readonly maximum: number | undefined;
  readonly usual: unknown;
  /** It stands in responses only. */
  readonly readOnly: boolean;
}

/** One operation of an API. */
export interface ApiOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Names and schemas of its query parameters. */
  readonly query: ReadonlyArray<{
    readonly name: string;
    readonly required: boolean;
    readonly schema: unknown;
  }>;
  readonly body: unknown;
  /** How its body is written, where that is not JSON. */
  readonly encoding: 'form' | 'json-api' | undefined;
  /** Names of headers that it must have. */
  readonly headers: readonly string[];
  /** The schema of a successful response. */
  readonly response: unknown;
  readonly security: unknown;
}

/** What is read of an OpenAPI document (2.0, 3.0, 3.1). */
export interface ApiDocument {
  readonly title: string;
  readonly baseUrl: string | null;
  readonly operations: readonly ApiOperation[];
  readonly securitySchemes: Readonly<Record<string, unknown>>;
  flat(schema: unknown): FlatSchema;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
/** References within references, of documents that are no loop. */
const DEEPEST = 20;
/** Parts that are merged into one schema at most. */
const MOST_PARTS = 500;

/** Reads a document in JSON or YAML. Throws `invalid_request` for what is no OpenAPI document. */
export async function readDocument(text: string): Promise<ApiDocument> {
  const { parse } = await import('yaml');
  let root: unknown;
  try {
    root = text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text);
  } catch {
    throw new KeysError('invalid_request', 'this is neither JSON nor YAML');
  }
  if (!isRecord(root) || !isRecord(root['paths']) || !(root['openapi'] ?? root['swagger'])) {
    throw new KeysError('invalid_request', 'this is no OpenAPI document: it has no openapi or no paths');
  }
  const resolve = (node: unknown): Record<string, unknown> => resolved(root, node);
  const paths = root['paths'];
  const operations = Object.keys(paths).flatMap((path) => operationsAt(path, resolve(paths[path]), resolve));
  const components = resolve(root['components']);
  const flattened = new WeakMap<object, FlatSchema>();
  return {
    title: String(resolve(root['info'])['title'] ?? ''),
    baseUrl: baseUrlOf(root, resolve),
    operations: operations.map((one) => ({ ...one, security: one.security ?? root['security'] })),
    securitySchemes: resolve(components['securitySchemes'] ?? root['securityDefinitions']),
    flat(schema) {
      const node = resolve(schema);
      const known = flattened.get(node) ?? flatten(node, resolve);
      flattened.set(node, known);
      return known;
    },
  };
}

/** The object that a node is, or that it refers to within the document; empty where there is none. */
function resolved(root: Readonly<Record<string, unknown>>, node: unknown): Record<string, unknown> {
  let found = node;
  for (let depth = 0; isRecord(found) && typeof found['$ref'] === 'string' && depth < DEEPEST; depth++) {
    const steps = found['$ref'].replace(/^#\//, '').split('/');
    found = steps
      .map((step) => unescaped(step).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce<unknown>((at, step) => (isRecord(at) ? at[step] : undefined), root);
  }
  return isRecord(found) ? found : {};
}

/** A step of a reference, as it is where its percent signs are no encoding. */
function unescaped(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

type Resolve = (node: unknown) => Record<string, unknown>;

function baseUrlOf(root: Readonly<Record<string, unknown>>, resolve: Resolve): string | null {
  const [server] = Array.isArray(root['servers']) ? root['servers'] : [];
  const url = resolve(server)['url'];
  if (typeof url === 'string') {
    const variables = resolve(resolve(server)['variables']);
    const filled = url.replace(/\{(\w+)\}/g, (_, name: string) =>
      String(resolve(variables[name])['default'] ?? ''),
    );
    return /^https?:\/\//.test(filled) ? filled.replace(/\/$/, '') : null;
  }
  const { host, basePath = '' } = root;
  return typeof host === 'string' ? `https://${host}${String(basePath)}`.replace(/\/$/, '') : null;
}

function operationsAt(path: string, item: Record<string, unknown>, resolve: Resolve): ApiOperation[] {
  return METHODS.filter((method) => isRecord(item[method])).map((method) => {
    const operation = resolve(item[method]);
    const parameters = [item['parameters'], operation['parameters']]
      .flatMap((list) => (Array.isArray(list) ? list : []))
      .map(resolve);
    const { schema, type } = contentOf(resolve(operation['requestBody']), resolve);
    const inBody = parameters.find((parameter) => parameter['in'] === 'body')?.['schema'];
    return {
      method: method.toUpperCase() as ApiOperation['method'],
      path,
      query: parameters
        .filter((parameter) => parameter['in'] === 'query')
        .map((parameter) => ({
          name: String(parameter['name']),
          required: parameter['required'] === true,
          schema: parameter['schema'] ?? parameter,
        })),
      headers: parameters
        .filter((parameter) => parameter['in'] === 'header' && parameter['required'] === true)
        .map((parameter) => String(parameter['name']).toLowerCase()),
      body: schema ?? inBody,
      encoding: type.includes('form') ? 'form' : type.includes('vnd.api+json') ? 'json-api' : undefined,
      response: successOf(operation, resolve),
      security: operation['security'],
    };
  });
}

function contentOf(holder: Record<string, unknown>, resolve: Resolve): { schema: unknown; type: string } {
  const content = resolve(holder['content']);
  const types = Object.keys(content);
  const type = types.find((one) => one.includes('json')) ?? types[0] ?? '';
  return { schema: resolve(content[type])['schema'] ?? holder['schema'], type };
}

function successOf(operation: Record<string, unknown>, resolve: Resolve): unknown {
  const responses = resolve(operation['responses']);
  const status = Object.keys(responses)
    .sort()
    .find((each) => /^2/.test(each));
  return status === undefined ? undefined : contentOf(resolve(responses[status]), resolve).schema;
}

/**
 * Merges `allOf`; of `oneOf` and `anyOf` every variant's properties, none of them required. `seen`: what is
 * merged already, so that a schema that is made of itself has an end.
 */
function flatten(schema: unknown, resolve: Resolve, seen = new Set<unknown>()): FlatSchema {
  const node = resolve(schema);
  seen.add(node);
  const parts = (name: string) => {
    const fresh = (Array.isArray(node[name]) ? node[name] : []).filter((part) => !seen.has(resolve(part)));
    return seen.size > MOST_PARTS ? [] : fresh.map((part) => flatten(part, resolve, seen));
  };
  const all = parts('allOf');
  const some = [...parts('oneOf'), ...parts('anyOf')].filter(({ type }) => type !== 'null');
  const told = [node['type']].flat().find((type) => type !== 'null');
  const from = [...all, ...some];
  // Without a prototype: a property may be called toString or __proto__.
  const properties: Record<string, unknown> = Object.create(null);
  for (const part of [...from.map((each) => each.properties), resolve(node['properties'])]) {
    // A part may say more of a property that another part has.
    for (const [name, property] of Object.entries(part)) {
      const before = properties[name];
      properties[name] =
        before === undefined || before === property ? property : { allOf: [before, property] };
    }
  }
  const ofProperties = Object.keys(properties).length > 0 ? 'object' : undefined;
  const first = <Name extends keyof FlatSchema>(name: Name) =>
    from.find((part) => part[name] !== undefined)?.[name] as FlatSchema[Name] | undefined;
  const { required, format, description, maximum } = node;
  return {
    type: typeof told === 'string' ? told : (first('type') ?? ofProperties),
    properties,
    required: [
      ...(Array.isArray(required) ? required.map(String) : []),
      ...all.flatMap((part) => part.required),
    ],
    items: node['items'] ?? first('items'),
    format: typeof format === 'string' ? format : first('format'),
    description: String(description ?? first('description') ?? ''),
    values: Array.isArray(node['enum']) ? node['enum'] : 'const' in node ? [node['const']] : first('values'),
    usual: node['default'] ?? first('usual'),
    maximum: typeof maximum === 'number' ? maximum : first('maximum'),
    readOnly: node['readOnly'] === true || all.some((part) => part.readOnly),
  };
}
