import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { managementCredential } from '../../src/connect/client.js';
import type { CreateKey } from '../../src/domain/key-service.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import * as library from '../../src/library.js';
import type { ProviderDefinition } from '../../src/providers/define-provider.js';
import { createProviderService } from '../../src/providers/engine.js';
import { draftProvider } from '../../src/providers/openapi/draft.js';
import { idempotent } from '../contract/key-service.js';
import { clock } from '../support/connect-vendor.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { DOCUMENTS, hasDocuments } from '../support/published-document.js';
import { vendorApi } from '../support/vendor-api.js';
import { VENDORS } from './fixtures/all.js';

/** The definition that the text of a provider file exports. */
function definitionOf(text: string): ProviderDefinition {
  const code = text.replace(/^import .* from 'keys';$/m, '').replace('export default', 'return');
  return new Function(...Object.keys(library), code)(...Object.values(library)) as ProviderDefinition;
}

/** How far a draft gets at a server that responds as the vendor does. */
async function reach(document: string, text: string): Promise<string> {
  const fixture = VENDORS.find((vendor) => vendor.document === document);
  if (fixture === undefined) return 'no server';
  const api = await vendorApi(fixture);
  let reached = 'nothing';
  try {
    const definition = definitionOf(text);
    reached = 'loads';
    const told = Object.values(fixture.set ?? {});
    const set = Object.fromEntries(
      definition.context.map(({ name }, i) => [name, told[i] ?? told[0] ?? 'x']),
    );
    const service = createProviderService(definition, {
      baseUrl: api.url,
      credential: managementCredential(definition, fixture.credential),
      transport: createHttpTransport({ clock, sleep: async () => undefined }),
      userAgent: 'keys/test',
      clock,
      sleep: async () => undefined,
      set,
    });
    const { scopes } = fixture.request ?? {};
    const options = OPTIONS[document];
    const request: CreateKey = {
      name: 'draft',
      ...(scopes !== undefined && definition.accepts.scopes !== undefined ? { scopes } : {}),
      ...(options === undefined ? {} : { options }),
    };
    const { key } = await service.create(request, idempotent());
    reached = 'create';
    const { keys } = await service.list({});
    if (!keys.some(({ id, name }) => id === key.id && name === 'draft')) return 'create, listed wrongly';
    reached = 'create, list';
    await service.revoke(key.id);
    const left = (await service.list({})).keys.filter(
      ({ id, status }) => id === key.id && status !== 'revoked',
    );
    return left.length === 0 ? 'create, list, revoke' : 'create, list, revoked wrongly';
  } catch (error) {
    const message = error instanceof Error ? error.message.slice(0, 160) : String(error);
    return `${reached}; ${message}`;
  }
}

/** What a document says must be there, as its user would give it. */
const OPTIONS: Readonly<Record<string, NonNullable<CreateKey['options']>>> = {
  axiom: { datasetCapabilities: { logs: { ingest: ['create'] } } },
  confluent: { owner_id: 'sa-fake12' },
  grafana: { accessPolicyId: 'fake-policy-0001' },
  launchdarkly: { role: 'reader' },
  cloudflare: {
    policies: [{ effect: 'allow', permission_groups: [{ id: 'fake' }], resources: { '*': '*' } }],
  },
};

const ACME = `openapi: 3.0.3
info: { title: Acme API, version: '1' }
servers: [{ url: 'https://{region}.acme.example/v1', variables: { region: { default: eu } } }]
security: [{ key: [] }]
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Api-Key } }
  schemas:
    Key:
      type: object
      properties:
        id: { type: string }
        label: { type: string }
        enabled: { type: boolean }
        created_at: { type: string, format: date-time }
        permissions: { type: array, items: { type: string } }
        expires: { type: integer, description: Unix time in milliseconds }
    NewKey:
      allOf:
        - $ref: '#/components/schemas/Key'
        - { type: object, properties: { token: { type: string } } }
paths:
  /teams/{team-id}/keys:
    get:
      parameters: [{ in: query, name: cursor, schema: { type: string } }]
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  items: { type: array, items: { $ref: '#/components/schemas/Key' } }
                  next_cursor: { type: string }
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [label, kind, permissions]
              properties:
                label: { type: string }
                kind: { type: string, enum: [api] }
                permissions: { type: array, items: { type: string }, description: What it may do. More. }
                expires: { type: integer, description: Unix time in milliseconds }
      responses:
        '201':
          content:
            application/json:
              schema: { type: object, properties: { data: { $ref: '#/components/schemas/NewKey' } } }
  /teams/{team-id}/keys/{keyId}:
    delete: { responses: { '204': { description: gone } } }
  /teams/{team-id}/keys/{keyId}/rotate:
    post: { responses: { '200': { description: new } } }
`;

it('fills in what a document tells, and marks what it does not', async () => {
  const { text, path, others } = await draftProvider('acme', ACME);
  expect([path, others]).toEqual(['/teams/{team-id}/keys', []]);
  for (const line of [
    "  baseUrl: 'https://eu.acme.example/v1',",
    "  auth: headerAuth('x-api-key'),",
    "    path: '/teams/{team_id}/keys',",
    "    one: 'data',",
    "    secret: 'data.token', // guess: by its name",
    "    list: { in: 'items', pages: pages.after({ cursor: 'cursor', next: 'next_cursor', most: 100 }) },",
    '    get: false,',
    "      name: text('label'),",
    "      expires_at: expiry('expires', { accepts: 'any time', as: 'milliseconds' }), // guess: the unit",
    "      scopes: texts('permissions', { accepts: 'What it may do', required: true }),",
    '    create: { body: () => ({"kind":"api"}) },',
    "    // roll: { at: 'POST /teams/{team_id}/keys/{id}/rotate' }, // see RollWay: which response, which grace",
    "    revoke: { at: 'DELETE /teams/{team_id}/keys/{id}' },",
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  const { context, operations } = definitionOf(text);
  expect(context.map(({ name }) => name)).toEqual(['team_id']);
  expect(operations).toMatchObject({
    create: 'endpoint',
    list: 'endpoint',
    revoke: 'endpoint',
    update: null,
  });
});

/**
 * A document whose responses differ: a create has the id alone, one key is in a list, a change names the key.
 */
const UNEVEN = (() => {
  const text = { type: 'string' };
  const of = (properties: object, required: readonly string[] = []) => ({
    content: { 'application/json': { schema: { type: 'object', properties, required } } },
  });
  const record = { type: 'object', properties: { key_id: text, name: text } };
  const list = { responses: { 200: of({ result: { type: 'array', items: record } }) } };
  const link = { ...text, readOnly: true };
  const owner = { type: 'object', required: ['id', 'link'], properties: { id: text, link } };
  const named = { type: 'object', properties: { key_id: text } };
  return {
    openapi: '3.0.3',
    servers: [{ url: 'https://uneven.example' }],
    paths: {
      '/keys': {
        get: list,
        post: {
          requestBody: of({ name: text, owner }, ['owner']),
          responses: { 201: of({ key_id: text, secret: text }) },
        },
      },
      '/keys/{key_id}': {
        get: list,
        patch: { requestBody: of({ name: text, result: named }), responses: { 200: {} } },
        delete: { responses: { 204: {} } },
      },
    },
  };
})();

it('follows responses that are not alike, and asks for nothing that only a response has', async () => {
  const { text } = await draftProvider('uneven', JSON.stringify(UNEVEN));
  for (const line of ["    create: { returns: 'id' },", "    one: 'result',", "    idIn: 'result.key_id',"]) {
    expect(text.split('\n')).toContain(line);
  }
  const { options } = definitionOf(text);
  expect(options.map(({ name, required }) => [name, required])).toEqual([['owner_id', true]]);
});

it('refuses what is no document, and one without keys', async () => {
  await expect(draftProvider('acme', 'a: [')).rejects.toMatchObject({ code: 'invalid_request' });
  await expect(draftProvider('acme', '{"a": 1}')).rejects.toMatchObject({
    message: 'this is no OpenAPI document: it has no openapi or no paths',
  });
  await expect(draftProvider('acme', '{"openapi": "3.0.0", "paths": {}}')).rejects.toMatchObject({
    message: 'no operation of this document creates a key',
  });
  await expect(draftProvider('acme', ACME, '/keys')).rejects.toMatchObject({
    message: 'no keys are created at /keys',
    hint: 'it creates keys at /teams/{team-id}/keys',
  });
});

/** Every text of a document that may stand in a draft. */
const TEXTS = [
  ...(['title', 'path', 'other', 'description', 'option', 'enum', 'only', 'data', 'team'] as const),
  ...(['server', 'header'] as const),
];

/** A document in which one text goes on with `rest`. */
function documentWith(odd: (typeof TEXTS)[number], rest: string) {
  const at = (place: (typeof TEXTS)[number], text: string) => (place === odd ? `${text}${rest}` : text);
  const record = {
    type: 'object',
    properties: {
      id: { type: 'string' },
      name: { type: 'string' },
      expires: { type: 'integer' },
      scopes: { type: 'array', items: {}, description: at('description', 'what') },
      [at('option', 'level')]: { type: 'string', enum: [at('enum', 'a'), 'b'], description: 'who' },
      kind: { type: 'string', enum: [at('only', 'only')] },
      secret: { type: 'string' },
    },
    required: ['name', at('option', 'level'), 'kind', 'scopes', 'id'],
  };
  const content = { 'application/json': { schema: record } };
  const items = { type: 'object', properties: { [at('data', 'data')]: { type: 'array', items: record } } };
  const create = { requestBody: { content }, responses: { 201: { content } } };
  const list = {
    parameters: [{ in: 'query', name: at('team', 'team'), required: true }],
    responses: { 200: { content: { 'application/json': { schema: items } } } },
  };
  const path = `/${at('path', 'x')}/keys`;
  return {
    openapi: '3.0.0',
    info: { title: at('title', 'Acme') },
    servers: [{ url: `https://acme.example/${at('server', 'v1')}` }],
    security: [{ key: [] }],
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: at('header', 'x-key') } } },
    paths: {
      [path]: { get: list, post: create },
      [`${path}/{key}`]: { delete: {} },
      [`${path}/{key}/rotate`]: { post: {} },
      [`/${at('other', 'y')}/tokens`]: { post: create },
    },
  };
}

it('has a document whose draft loads', async () => {
  const { text } = await draftProvider('acme', JSON.stringify(documentWith('title', '')));
  expect(definitionOf(text).id).toBe('acme');
});

it.each(TEXTS)('never lets a text of the document run as code: %s', async (odd) => {
  Reflect.deleteProperty(globalThis, 'draftRan');
  for (const end of ['\n', '\r', '\u2028', '\u2029', "'", '`', '"', '\\', '*/', '${', '\\u000a']) {
    // Ways out of a comment, and out of a text.
    for (const rest of [
      `${end}globalThis['draftRan']=true;//`,
      `${end}+(globalThis['draftRan']=true)+${end}`,
      `${end}:(globalThis['draftRan']=true),//`,
    ]) {
      const { text } = await draftProvider('acme', JSON.stringify(documentWith(odd, rest)));
      try {
        definitionOf(text);
      } catch {
        // A file that does not load is for its writer to fix. It must not do anything.
      }
      expect((globalThis as Record<string, unknown>)['draftRan'], JSON.stringify(rest)).toBeUndefined();
    }
  }
});

it('ends on schemas that are made of themselves, and on references that lead nowhere', async () => {
  const itself = { $ref: '#/components/schemas/Loop' };
  const wide = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`p${i}`, itself]));
  const create = {
    requestBody: { content: { 'application/json': { schema: itself } } },
    responses: { 201: { content: { 'application/json': { schema: itself } } } },
  };
  const document = {
    openapi: '3.0.0',
    components: {
      schemas: {
        Loop: { allOf: [itself, itself, itself], properties: { secret: { type: 'string' }, ...wide } },
      },
    },
    paths: { '/keys': { post: create, get: { responses: { 200: { $ref: '#/%zz/%' } } } } },
  };
  const { text } = await draftProvider('acme', JSON.stringify(document));
  expect(text).toContain("secret: 'secret'");
});

it('is written from the command line, and can be added', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  writeFileSync(join(keys.home, 'acme.yaml'), ACME);
  const made = await keys.run(['provider', 'new', 'acme', '--openapi', 'acme.yaml'], { cwd: keys.home });
  expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining('POST /teams/{team-id}/keys') });
  const added = await keys.run(['provider', 'add', './acme.mjs'], { cwd: keys.home });
  expect(added).toMatchObject({ code: 0, stderr: 'added Acme (acme)\n' });
});

/**
 * What stops the others: a header that a personal token needs and the document does not name, and a wrong
 * security scheme.
 */
const STOPPED = ['axiom', 'planetscale'];

describe.runIf(hasDocuments)('documents of vendors', () => {
  it('gets drafts that create, list and revoke without an edit', async () => {
    const table: Record<string, string> = {};
    for (const file of readdirSync(DOCUMENTS)) {
      if (!file.endsWith('.json')) continue;
      const name = file.replace('.json', '');
      const text = readFileSync(`${DOCUMENTS}/${file}`, 'utf8');
      table[name] = await reach(name, (await draftProvider(name, text)).text);
    }
    const stopped = Object.entries(table).filter(([, reached]) => reached !== 'create, list, revoke');
    expect(stopped.filter(([name]) => !STOPPED.includes(name))).toEqual([]);
  });
});
