import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import type { Clock } from '../../domain/clock.js';
import { KeysError } from '../../domain/errors.js';
import { IDEMPOTENCY_HEADER } from '../../domain/idempotency.js';
import { withCredential } from '../../domain/key.js';
import type {
  CreateKey,
  KeyService,
  RequestFacts,
  RollKey,
  UpdateKey,
  VerifyKey,
} from '../../domain/key-service.js';
import { signedPart } from '../../domain/signatures.js';
import { problemOf } from '../../wire/problem.js';
import { eventsQuery, listQuery } from '../../wire/request-schemas.js';
import { PROBLEM_TYPE, REVOKED_MESSAGE, ROUTES, type Route } from '../../wire/routes.js';
import type { AuthenticationFacts } from '../authenticate.js';
import { keyRecord } from '../key-record.js';
import type { LastUses } from '../last-uses.js';
import { isManagement, type Policy } from '../policies/policy.js';
import { createRateLimiter } from '../rate-limiter.js';
import type { KeyRules } from '../rules.js';
import { validate } from '../validate.js';
import { authenticateCaller, bearerKey, presentedKey } from './caller.js';
import { readJson } from './read-json.js';

const MOST_BODY_BYTES = 64 * 1024;
/** Query parameters in which people put keys; an address ends up in logs, so it is refused. */
const CREDENTIAL_PARAMETERS = [
  'key',
  'api_key',
  'apikey',
  'access_token',
  'token',
  'secret',
  'authorization',
];

const HEALTH_PATH = '/healthz';
const READY_PATH = '/readyz';
const OPEN_API_PATH = '/openapi.json';
/** What is answered without a key. */
const OPEN_PATHS = [HEALTH_PATH, READY_PATH, OPEN_API_PATH];

type Env = { Bindings: HttpBindings; Variables: { requestId: string; keyId: string } };

export interface AppOptions {
  readonly rules: KeyRules;
  readonly policy: Policy;
  readonly lastUses: LastUses;
  readonly clock: Clock;
  /** A line of JSON for each request, without address parameters and without any secret. */
  readonly log: (line: string) => void;
  /** The OpenAPI document, made when it is first asked for. */
  readonly openApi: () => Promise<unknown>;
  /** Throws where requests could not be answered now. */
  readonly ready: () => Promise<void>;
}

/** The key endpoints over HTTP. What they answer is in `wire/schemas`; every failure is a problem document. */
export function createApp({ rules, policy, lastUses, clock, log, openApi, ready }: AppOptions): Hono<Env> {
  const app = new Hono<Env>();

  app.use(async (context, next) => {
    const start = clock.now();
    context.set('requestId', randomUUID());
    await next();
    context.header('x-request-id', context.get('requestId'));
    log(
      JSON.stringify({
        time: new Date(start).toISOString(),
        request_id: context.get('requestId'),
        method: context.req.method,
        route: context.req.routePath,
        status: context.res.status,
        duration_ms: clock.now() - start,
        ...(context.get('keyId') ? { key_id: context.get('keyId') } : {}),
      }),
    );
  });
  app.use(secureHeaders());
  app.use(async (context, next) => {
    context.header('cache-control', 'no-store');
    await next();
  });
  app.use(
    bodyLimit({
      maxSize: MOST_BODY_BYTES,
      onError: () => {
        throw new KeysError('payload_too_large', `the body is larger than ${MOST_BODY_BYTES} bytes`);
      },
    }),
  );
  app.use(async (context, next) => {
    const parameters = Object.keys(context.req.query()).map((name) => name.toLowerCase());
    const wrong = parameters.find((name) => CREDENTIAL_PARAMETERS.includes(name));
    if (wrong !== undefined) {
      throw new KeysError('invalid_request', `a key does not belong in the address: ${wrong}`, {
        hint: 'addresses end up in logs; send it as Authorization: Bearer <key>, and roll it',
      });
    }
    await next();
  });

  if (policy.userAgentRequired) {
    app.use('/v1/*', async (context, next) => {
      if (!context.req.header('user-agent')) {
        throw new KeysError('forbidden', 'a request needs a User-Agent', { hint: 'say which program asks' });
      }
      await next();
    });
  }
  const countRequest = createRateLimiter(policy.rateLimits, clock);

  /** Says how much is left, and throws `rate_limited` where nothing is. */
  function limitRate(context: Context<Env>, keyId: string): void {
    const state = countRequest(keyId);
    if (state === null) return;
    context.header('x-ratelimit-limit', String(state.limit));
    context.header('x-ratelimit-remaining', String(state.remaining));
    context.header('x-ratelimit-reset', String(state.resetSeconds));
    if (state.allowed) return;
    throw new KeysError('rate_limited', `more than ${state.limit} requests`, {
      retryAfterSeconds: state.resetSeconds,
    });
  }

  app.onError((error, context) => {
    const known =
      error instanceof KeysError
        ? error
        : new KeysError('internal', 'the service failed; the request id names it in the log');
    const request_id = context.get('requestId');
    if (known !== error) log(JSON.stringify({ request_id, error: error.name }));
    else if (known.httpStatus >= 500)
      log(JSON.stringify({ request_id, error: known.code, ...causeOf(known) }));
    const problem = problemOf(known, request_id);
    if (known.code === 'unauthenticated') context.header('www-authenticate', 'Bearer');
    if (known.retryAfterSeconds !== undefined) context.header('retry-after', String(known.retryAfterSeconds));
    if (policy.errors === 'problem') {
      return context.body(JSON.stringify(problem), problem.status as 400, { 'content-type': PROBLEM_TYPE });
    }
    const error_type = known.code === 'unauthenticated' ? 'api_auth_error' : `api_${known.code}`;
    return context.json({ error_type, error_message: known.message, ...problem }, problem.status as 400);
  });

  /** Who calls the endpoints that manage keys. */
  const manager = (context: Context<Env>) =>
    admit(
      context,
      bearerKey((name) => context.req.header(name)),
      peerFacts(context),
    );

  /** Who shows a key for what it is good for, in the policy's own form. */
  const user = async (context: Context<Env>) => {
    const header = (name: string) => context.req.header(name);
    const key = presentedKey(header, policy);
    if (policy.signatureHeader === undefined) return await admit(context, key, peerFacts(context));
    const body = new Uint8Array(await context.req.arrayBuffer());
    return await admit(context, key, {
      ...peerFacts(context),
      signature: header(policy.signatureHeader),
      signed: signedPart({ url: context.req.url, body }),
    });
  };

  async function admit(context: Context<Env>, key: string, facts: AuthenticationFacts) {
    const row = await authenticateCaller(rules, key, facts);
    context.set('keyId', row.id);
    // The limits are of the system that is followed; what manages its keys is ours.
    if (!isManagement(row.scopes)) limitRate(context, row.id);
    lastUses.record(row.id);
    return row;
  }

  /** Registers a route with the contract as its caller may use it. */
  function handle(
    route: Route,
    work: (service: KeyService, context: Context<Env>, id: string) => Promise<Response>,
  ): void {
    app.on(route.method, route.path.replace('{id}', ':id'), async (context) => {
      const row = await manager(context);
      return await work(rules.as({ id: row.id, scopes: row.scopes }), context, context.req.param('id') ?? '');
    });
  }

  handle(ROUTES.create, async (service, context) => {
    const issued = await service.create((await readJson(context)) as CreateKey, mintOptions(context));
    return context.json({ success: true, data: withCredential(issued) }, 201);
  });
  handle(ROUTES.list, async (service, context) => {
    const page = await service.list(
      validate(listQuery, singleQuery(context)) as Parameters<KeyService['list']>[0],
    );
    return context.json({
      success: true,
      data: page.keys,
      has_more: page.next_cursor !== null,
      next_cursor: page.next_cursor,
    });
  });
  handle(ROUTES.verify, async (service, context) => {
    return context.json({
      success: true,
      data: await service.verify((await readJson(context)) as VerifyKey),
    });
  });
  handle(ROUTES.get, async (service, context, id) =>
    context.json({ success: true, data: await service.get(id) }),
  );
  handle(ROUTES.update, async (service, context, id) => {
    return context.json({
      success: true,
      data: await service.update(id, (await readJson(context)) as UpdateKey),
    });
  });
  handle(ROUTES.roll, async (service, context, id) => {
    const rolled = await service.roll(id, ((await readJson(context)) ?? {}) as RollKey, mintOptions(context));
    return context.json({ success: true, data: withCredential(rolled), previous: rolled.previous }, 201);
  });
  handle(ROUTES.acknowledge, async (service, context, id) => {
    await service.acknowledge(id, mintOptions(context));
    return context.json({ success: true, message: 'answer dropped' });
  });
  handle(ROUTES.revoke, async (service, context, id) => {
    await service.revoke(id);
    return context.json({ success: true, message: REVOKED_MESSAGE });
  });

  handle(ROUTES.events, async (service, context) => {
    const page = await service.events(
      validate(eventsQuery, singleQuery(context)) as Parameters<KeyService['events']>[0],
    );
    return context.json({
      success: true,
      data: page.events,
      has_more: page.next_cursor !== null,
      next_cursor: page.next_cursor,
    });
  });

  app.get(ROUTES.whoami.path, async (context) => {
    const row = await user(context);
    return context.json({ success: true, data: keyRecord(row, clock.now()) });
  });
  // POST too: what signs its body can be judged only with it.
  app.on(['GET', 'POST'], ROUTES.authorize.path, async (context) => {
    await user(context);
    return context.body(null, 204);
  });

  app.get(HEALTH_PATH, (context) => context.json({ status: 'ok' }));
  app.get(READY_PATH, async (context) => {
    try {
      await ready();
    } catch (error) {
      throw new KeysError('unavailable', 'not ready: the database does not answer', {
        retryAfterSeconds: 2,
        cause: error instanceof KeysError ? error.cause : error,
      });
    }
    return context.json({ status: 'ready' });
  });
  app.get(OPEN_API_PATH, async (context) => context.json((await openApi()) as object));

  app.notFound((context) => {
    const allowed = methodsAt(new URL(context.req.url).pathname);
    if (allowed.length === 0)
      throw new KeysError('not_found', 'no such endpoint', { hint: 'GET /openapi.json names them' });
    context.header('allow', allowed.join(', '));
    throw new KeysError('method_not_allowed', `not a method of this endpoint: ${context.req.method}`);
  });
  return app;
}

/** The code of what lay behind a failure, such as `ECONNREFUSED`; its text could hold what belongs in no log. */
function causeOf({ cause }: KeysError): { cause?: string } {
  const code = cause instanceof Error ? (cause as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? { cause: code } : {};
}

/** What restricts a management key too: where its request comes from. Forwarding headers are anyone's to write, so they do not count. */
function peerFacts(context: Context<Env>): RequestFacts {
  const ip = context.env.incoming.socket.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, '');
  const referrer = context.req.header('referer');
  return {
    ...requestLine(context),
    ...(ip === undefined ? {} : { ip }),
    ...(referrer === undefined ? {} : { referrer }),
  };
}

function requestLine(context: Context<Env>): RequestFacts {
  return { method: context.req.method, path: new URL(context.req.url).pathname };
}

/** Without the header, a repeat is not recognised: each such request stands alone, under a key that nobody knows. */
function mintOptions(context: Context<Env>) {
  const key = context.req.header(IDEMPOTENCY_HEADER);
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new KeysError('invalid_request', 'Idempotency-Key: 1 to 255 visible ASCII characters');
  }
  return { idempotencyKey: key ?? randomUUID() };
}

/** A parameter that comes twice is refused: which of the two counts would be a guess. */
function singleQuery(context: Context<Env>): Record<string, string> {
  const entries = Object.entries(context.req.queries()).map(([name, values]) => {
    if (values.length > 1) throw new KeysError('invalid_request', `${name}: given more than once`);
    return [name, values[0] ?? ''] as const;
  });
  return Object.fromEntries(entries);
}

function methodsAt(path: string): string[] {
  const matches = (route: Route) => new RegExp(`^${route.path.replace('{id}', '[^/]+')}$`).test(path);
  const methods = Object.values(ROUTES)
    .filter(matches)
    .map((route): string => route.method);
  if (path === ROUTES.authorize.path) methods.push('POST');
  return [...new Set(OPEN_PATHS.includes(path) ? ['GET'] : methods)];
}
