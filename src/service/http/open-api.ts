import { z } from 'zod';
import { createDocument, type ZodOpenApiOperationObject } from 'zod-openapi';
import { IDEMPOTENCY_HEADER } from '../../domain/idempotency.js';
import { PROBLEM_TYPE, ROUTES, type Route, type RouteName } from '../../wire/routes.js';
import * as schemas from '../../wire/schemas.js';

interface Shape {
  readonly body?: z.ZodType;
  readonly query?: z.ZodObject;
  /** Null: an answer without a body. */
  readonly answer: z.ZodType | null;
  readonly status: '200' | '201' | '204';
  readonly idempotent?: true;
}

const SHAPES: Readonly<Record<RouteName, Shape>> = {
  create: { body: schemas.createRequest, answer: schemas.createAnswer, status: '201', idempotent: true },
  list: { query: schemas.listQuery, answer: schemas.listAnswer, status: '200' },
  verify: { body: schemas.verifyRequest, answer: schemas.verifyAnswer, status: '200' },
  get: { answer: schemas.keyAnswer, status: '200' },
  update: { body: schemas.updateRequest, answer: schemas.keyAnswer, status: '200' },
  roll: { body: schemas.rollRequest, answer: schemas.rollAnswer, status: '201', idempotent: true },
  acknowledge: { answer: schemas.messageAnswer, status: '200', idempotent: true },
  revoke: { answer: schemas.messageAnswer, status: '200' },
  events: { query: schemas.eventsQuery, answer: schemas.eventsAnswer, status: '200' },
  whoami: { answer: schemas.keyAnswer, status: '200' },
  authorize: { query: schemas.authorizeQuery, answer: null, status: '204' },
};

/** The OpenAPI 3.1 document of the key endpoints, from the schemas that check them. */
export function openApiDocument(version: string): unknown {
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
      ? { header: z.object({ [IDEMPOTENCY_HEADER]: z.string().max(255).optional() }) }
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
        ...(shape.answer ? { content: { 'application/json': { schema: shape.answer } } } : {}),
      },
      default: { description: 'a failure', content: { [PROBLEM_TYPE]: { schema: schemas.problemSchema } } },
    },
  };
}
