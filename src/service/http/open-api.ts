import * as z from 'zod/mini';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { IDEMPOTENCY_HEADER } from '../../domain/idempotency.js';
import * as requests from '../../http/wire/request-schemas.js';
import * as responses from '../../http/wire/response-schemas.js';
import { PROBLEM_TYPE, ROUTES, type Route, type RouteName } from '../../http/wire/routes.js';
import { type Policy, policyFacts } from '../policies/policy.js';

interface Shape {
  readonly body?: z.core.$ZodType;
  readonly query?: z.core.$ZodObject;
  /** Null: a response without a body. */
  readonly response: z.core.$ZodType | null;
  readonly status: '200' | '201' | '204';
  readonly idempotent?: true;
}

const SHAPES: Readonly<Record<RouteName, Shape>> = {
  create: {
    body: requests.createRequest(),
    response: responses.createResponse,
    status: '201',
    idempotent: true,
  },
  list: { query: requests.listQuery(), response: responses.listResponse, status: '200' },
  verify: { body: requests.verifyRequest(), response: responses.verifyResponse, status: '200' },
  get: { response: responses.keyResponse, status: '200' },
  update: {
    body: requests.updateRequest(),
    query: requests.forceQuery(),
    response: responses.keyResponse,
    status: '200',
  },
  roll: { body: requests.rollRequest(), response: responses.rollResponse, status: '201', idempotent: true },
  acknowledge: { response: responses.messageResponse, status: '200', idempotent: true },
  revoke: { query: requests.forceQuery(), response: responses.messageResponse, status: '200' },
  events: { query: requests.eventsQuery(), response: responses.eventsResponse, status: '200' },
  usage: { query: requests.usageQuery(), response: responses.usageResponse, status: '200' },
  whoami: { response: responses.whoamiResponse, status: '200' },
  authorize: { query: requests.authorizeQuery(), response: null, status: '204' },
};

/** The OpenAPI 3.1 document of the key endpoints, from the schemas that check them. */
export function openApiDocument(version: string, policy: Policy): unknown {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [name, route] of Object.entries(ROUTES) as Array<[RouteName, Route]>) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operation(name, route, SHAPES[name]),
    };
  }
  return createDocument({
    openapi: '3.1.0',
    info: {
      title: 'keys',
      version,
      description: 'Key endpoints: one life cycle for API keys',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    'x-policy': policyFacts(policy),
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'x-api-key' },
      },
    },
  });
}

function operation(name: RouteName, route: Route, shape: Shape): ZodOpenApiOperationObject {
  const parameters = {
    ...(route.path.includes('{id}') ? { path: z.object({ id: z.string() }) } : {}),
    ...(shape.query ? { query: shape.query } : {}),
    ...(shape.idempotent
      ? { header: z.object({ [IDEMPOTENCY_HEADER]: z.optional(z.string().check(z.maxLength(255))) }) }
      : {}),
  };
  return {
    operationId: name,
    summary: route.summary,
    ...(route.scope === null ? { security: [{ bearer: [] }, { header: [] }] } : {}),
    ...(route.scope ? { description: `Needs the scope \`${route.scope}\`.` } : {}),
    ...(Object.keys(parameters).length > 0 ? { requestParams: parameters } : {}),
    ...(shape.body
      ? {
          requestBody: { required: name !== 'roll', content: { 'application/json': { schema: shape.body } } },
        }
      : {}),
    responses: {
      [shape.status]: {
        description: 'done',
        ...(shape.response ? { content: { 'application/json': { schema: shape.response } } } : {}),
      },
      default: { description: 'a failure', content: { [PROBLEM_TYPE]: { schema: responses.problemSchema } } },
    },
  };
}
