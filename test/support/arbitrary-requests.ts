import { fc } from './fast-check.js';

/** As much of JSON Schema as our own OpenAPI document uses. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema?: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface FuzzedRequest {
  readonly operationId: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What makes programs stumble: other alphabets, signs of other languages, bounds, nothing. */
const ODD_TEXT = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    "'; DROP TABLE api_keys; --",
    '%',
    '*',
    '../../etc/passwd',
    '\ud800',
    '💥'.repeat(60),
  ),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'null', 'NaN', '1e999', '-0', '9'.repeat(400)),
  fc.string({ minLength: 150, maxLength: 600 }),
);

const TEXT_OF_FORMAT: Readonly<Record<string, fc.Arbitrary<string>>> = {
  'date-time': fc.oneof(
    fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    fc.constantFrom('2999-12-31T23:59:59+14:00', '2026-02-30T00:00:00Z', '275760-09-14T00:00:00Z'),
  ),
};

/** What a document's schema does not say of what is taken, by the name of the member. */
const TAKEN: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  environment: fc.constantFrom('live', 'test'),
  expires_at: fc.constantFrom(null, '2999-12-31T23:59:59+14:00', '2999-01-01T00:00:00Z'),
  ips: fc.array(fc.constantFrom('10.0.0.0/8', '::1', '127.0.0.1'), { maxLength: 3 }),
  endpoints: fc.array(fc.constantFrom('GET /v1/*', '* /*', 'POST /v1/api-keys'), { maxLength: 3 }),
  scopes: fc.array(fc.constantFrom('invoices:read', '*', 'keys:read'), { maxLength: 3 }),
  limit: fc.constantFrom('1', '12', '1000'),
  status: fc.constantFrom('active', 'retiring', 'expired', 'revoked'),
  days: fc.constantFrom('1', '7', '400'),
};

/** Values that the schema allows, for the most part: now and then another in its place. */
function arbitraryOf(schema: Schema): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 40, arbitrary: fitting(schema) }, { weight: 1, arbitrary: fc.jsonValue() });
}

function fitting(schema: Schema): fc.Arbitrary<unknown> {
  const { type, enum: values, anyOf, oneOf, items } = schema;
  if ('const' in schema) return fc.constant(schema.const);
  if (values !== undefined && values.length > 0) return fc.constantFrom(...values);
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(fitting));
  if (Array.isArray(type)) return fc.oneof(...type.map((one) => fitting({ ...schema, type: one as string })));
  if (type === 'object') return objectOf(schema);
  if (type === 'array') return fc.array(arbitraryOf(items ?? {}), { maxLength: 4 });
  if (type === 'integer' || type === 'number') return numberOf(schema);
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (type === 'string') return textOf(schema);
  return fc.jsonValue();
}

function numberOf({ minimum = -(2 ** 53), maximum = 2 ** 53 }: Schema): fc.Arbitrary<number> {
  const whole = fc.maxSafeInteger().filter((n) => n >= minimum && n <= maximum);
  return fc.oneof(
    fc.constantFrom(minimum, maximum, minimum - 1, maximum + 1, 0.5, 1e300),
    maximum - minimum < 2 ** 32 ? fc.integer({ min: minimum, max: maximum }) : whole,
  );
}

function textOf({ format, pattern, minLength = 0, maxLength = 40 }: Schema): fc.Arbitrary<string> {
  const known = format === undefined ? undefined : TEXT_OF_FORMAT[format];
  const plain = fc
    .stringMatching(/^[a-z0-9 ._-]*$/)
    .filter(({ length }) => length >= minLength && length <= maxLength);
  const fits =
    known ?? (pattern === undefined ? plain : fc.oneof(plain, fc.constantFrom('invoices:read', '12', '*')));
  return fc.oneof(
    { weight: 30, arbitrary: fits },
    { weight: 1, arbitrary: ODD_TEXT },
    {
      weight: 1,
      arbitrary: fc.constantFrom('10.0.0.0/8', '::1/129', 'GET /v1/*', 'https://*.example.com', '* //'),
    },
  );
}

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, memberOf(name, schema)]),
  );
  const known = fc.record(members, { requiredKeys: [...required] as string[] });
  if (Object.keys(properties).length > 0) {
    const extra = fc.oneof(
      { weight: 30, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.dictionary(ODD_TEXT, fc.jsonValue()) },
    );
    return fc.tuple(known, extra).map(([own, more]) => ({ ...more, ...own }));
  }
  const value = typeof additionalProperties === 'object' ? arbitraryOf(additionalProperties) : fc.jsonValue();
  return fc.dictionary(fc.oneof(fc.string(), ODD_TEXT), value, { maxKeys: 4 });
}

function memberOf(name: string, schema: Schema): fc.Arbitrary<unknown> {
  const taken = TAKEN[name];
  const any = arbitraryOf(schema);
  return taken === undefined ? any : fc.oneof({ weight: 9, arbitrary: taken }, { weight: 1, arbitrary: any });
}

export interface Means {
  /** Ids of keys that are there, and may be changed in any way. */
  readonly ids: readonly string[];
  /** Secrets that requests come with. */
  readonly secrets: readonly string[];
  /** Of them, what manages keys. */
  readonly managementKey: string;
}

/** Requests of every operation of a document, most of them nearly right. */
export function arbitraryRequests(document: OpenApiDocument, means: Means): fc.Arbitrary<FuzzedRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      requestOf(path, method.toUpperCase(), operation, means),
    ),
  );
  return fc.oneof(...operations);
}

function requestOf(
  path: string,
  method: string,
  operation: Operation,
  means: Means,
): fc.Arbitrary<FuzzedRequest> {
  const { operationId, parameters = [], requestBody } = operation;
  const schema = requestBody?.content['application/json']?.schema;
  const body = schema === undefined ? fc.constant(undefined) : bodyOf(schema, means);
  const values = fc.record(
    Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name, schema: of }) => [name, memberOf(name, of ?? {}).map(asText)]),
    ),
    { requiredKeys: [] },
  );
  const strange = fc.dictionary(ODD_TEXT, ODD_TEXT, { maxKeys: 2 });
  const query = fc.oneof({ weight: 8, arbitrary: values }, { weight: 1, arbitrary: strange });
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...means.ids) },
    { weight: 1, arbitrary: ODD_TEXT },
  );
  return fc.record({ id, query, body, headers: headersOf(means) }).map((made) => {
    const text = new URLSearchParams(made.query as Record<string, string>).toString();
    const raw = path.replace(
      '{id}',
      encodeURIComponent(made.id.replace(/[\ud800-\udfff]|^\.{1,2}$/g, 'x')) || 'x',
    );
    return {
      operationId,
      method,
      path: (text === '' ? raw : `${raw}?${text}`).slice(0, 12_000),
      headers: {
        ...(made.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...made.headers,
      },
      body: made.body,
    };
  });
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** JSON, or nearly so; a `verify` needs a real key to come far. */
function bodyOf(schema: Schema, { secrets }: Means): fc.Arbitrary<string | undefined> {
  const json = fc.tuple(arbitraryOf(schema), fc.constantFrom(...secrets)).map(([value, secret]) => {
    const withKey = typeof value === 'object' && value !== null && 'key' in value;
    return JSON.stringify(withKey && secret.length % 2 === 1 ? { ...value, key: secret } : value);
  });
  const broken = fc
    .tuple(json, fc.nat(50))
    .map(([text, end]) => text.slice(0, Math.max(1, text.length - end)));
  return fc.oneof(
    { weight: 12, arbitrary: json },
    { weight: 1, arbitrary: broken },
    { weight: 1, arbitrary: fc.constantFrom(undefined, '', '{}', '[]', 'null', '{"a":1,"a":2}') },
  );
}

/** Any visible character may stand in a header; others never leave a client. */
const HEADER_TEXT = fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]*$/);

function headersOf({ secrets, managementKey }: Means): fc.Arbitrary<Record<string, string>> {
  const authorization = fc.oneof(
    { weight: 8, arbitrary: fc.constant(`Bearer ${managementKey}`) },
    { weight: 3, arbitrary: fc.constantFrom(...secrets).map((secret) => `Bearer ${secret}`) },
    { weight: 1, arbitrary: HEADER_TEXT },
  );
  const address = fc.oneof(fc.ipV4(), fc.ipV6(), HEADER_TEXT);
  const some = fc.record(
    {
      authorization,
      'x-forwarded-for': address,
      'x-api-key': fc.oneof(fc.constantFrom(...secrets), HEADER_TEXT),
      'x-original-method': HEADER_TEXT,
      'x-original-uri': fc.oneof(HEADER_TEXT, fc.webPath()),
      'x-forwarded-uri': fc.oneof(HEADER_TEXT, fc.webPath()),
      'x-forwarded-method': fc.constantFrom('GET', 'post', 'BREW'),
      'idempotency-key': fc.oneof(
        fc.uuid(),
        HEADER_TEXT,
        fc.constantFrom('one and the same', 'a'.repeat(43)),
      ),
      'content-type': fc.constantFrom('application/json; charset=utf-8', 'text/plain', 'application/json;'),
      referer: fc.oneof(fc.webUrl(), HEADER_TEXT),
      origin: HEADER_TEXT,
    },
    { requiredKeys: [] },
  );
  const usual = fc.record({ authorization, 'x-forwarded-for': fc.ipV4() });
  return fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: some }) as fc.Arbitrary<
    Record<string, string>
  >;
}
