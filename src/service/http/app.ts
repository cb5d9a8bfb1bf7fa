import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '../../domain/clock.js';
import { compact } from '../../domain/compact.js';
import { KeysError } from '../../domain/errors.js';
import { IDEMPOTENCY_HEADER } from '../../domain/idempotency.js';
import { withCredential } from '../../domain/key.js';
import type {
  CreateKey,
  KeyService,
  ListKeys,
  RequestFacts,
  RollKey,
  UpdateKey,
  VerifyKey,
} from '../../domain/key-service.js';
import { SCOPE_READ } from '../../domain/scopes.js';
import { signedPart } from '../../domain/signed-part.js';
import { eventsQuery, forceQuery, listQuery, usageQuery } from '../../http/wire/request-schemas.js';
import { REVOKED_MESSAGE, ROUTES, type Route } from '../../http/wire/routes.js';
import { type Policy, policyFacts } from '../policies/policy.js';
import { requireScope } from '../principal.js';
import type { KeyRules, ServedKeys } from '../rules.js';
import { validate } from '../validate.js';
import { refuseAddress } from './address.js';
import type { Admit } from './admission.js';
import { ANSWER_HEADERS } from './answer-headers.js';
import { bearerKey, presentedKey, refuseNameless } from './caller.js';
import { answerFailure, cutOff, reasonOf } from './failure-answer.js';
import { MOST_BODY_BYTES } from './limits.js';
import { METRICS_TYPE, type Metrics } from './metrics.js';
import { addressOf, type ReadOrigin } from './origin.js';
import { readJson } from './read-json.js';
import { isLogged, type LogLevel, requestLine } from './request-line.js';

/** What the documented page shows, which knows neither pages nor a status: all keys that are not revoked. */
const DOCUMENTED_LIST: ListKeys = { limit: 1_000, status: ['active', 'retiring', 'expired'] };

const HEALTH_PATH = '/healthz';
const READY_PATH = '/readyz';
const OPEN_API_PATH = '/openapi.json';
const METRICS_PATH = '/metrics';
/** What is answered without a key. */
const OPEN_PATHS = [HEALTH_PATH, READY_PATH, OPEN_API_PATH];

type Env = {
  Bindings: HttpBindings;
  Variables: { requestId: string; keyId: string; reason: string | undefined };
};

export interface AppOptions {
  readonly rules: KeyRules;
  readonly policy: Policy;
  readonly admit: Admit;
  readonly readOrigin: ReadOrigin;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  /** Which requests are logged; default all. */
  readonly logLevel?: LogLevel;
  /** The OpenAPI document, made when it is first asked for. */
  readonly openApi: () => Promise<unknown>;
  /** Throws where requests could not be answered now. */
  readonly ready: () => Promise<void>;
}

/** The key endpoints over HTTP, but for `authorize`. What they answer is in `wire/schemas`; every failure is a problem document. */
export function createApp(options: AppOptions): Hono<Env> {
  const {
    rules,
    policy,
    admit: admitKey,
    readOrigin,
    metrics,
    clock,
    log,
    logLevel = 'all',
    openApi,
    ready,
  } = options;
  const app = new Hono<Env>();

  app.use(async (context, next) => {
    const start = clock.now();
    context.set('requestId', randomUUID());
    await next();
    context.header('x-request-id', context.get('requestId'));
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) context.header(name, value);
    const [route, status, ms] = [context.req.routePath, context.res.status, clock.now() - start];
    metrics.answered(route, status, ms);
    if (!isLogged(logLevel, status)) return;
    const { method } = context.req;
    const reason = context.get('reason');
    log(
      requestLine({
        start,
        requestId: context.get('requestId'),
        method,
        route,
        status,
        ms,
        keyId: context.get('keyId'),
        reason,
        address: reason === undefined ? undefined : addressOf(context.env.incoming, readOrigin),
      }),
    );
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
    refuseAddress(context.env.incoming.url ?? '/');
    await next();
  });

  if (policy.userAgentRequired) {
    app.use('/v1/*', async (context, next) => {
      refuseNameless(context.req.header('user-agent'));
      await next();
    });
  }

  app.onError((error, context) => {
    context.set('reason', reasonOf(error));
    const cause = cutOff(error, context.env.incoming);
    const { status, headers, body } = answerFailure(cause, context.get('requestId'), { policy, log });
    return context.body(body, status as 400, headers);
  });

  /** Who calls the endpoints that manage keys. */
  const manager = (context: Context<Env>) =>
    admit(
      context,
      bearerKey((name) => context.req.header(name)),
      facts(context),
    );

  /** Who shows a key for what it is good for, in the policy's own form. */
  const user = async (context: Context<Env>) => {
    const header = (name: string) => context.req.header(name);
    const key = presentedKey(header, policy);
    if (policy.signatureHeader === undefined) return await admit(context, key, facts(context));
    const body = new Uint8Array(await context.req.arrayBuffer());
    return await admit(context, key, {
      ...facts(context),
      signature: header(policy.signatureHeader),
      signed: signedPart({ url: context.req.url, body }),
    });
  };

  async function admit(context: Context<Env>, key: string, shown: Parameters<Admit>[1]) {
    const row = await admitKey(key, shown, (name, value) => context.header(name, value));
    context.set('keyId', row.id);
    return row;
  }

  /** What restricts a management key too: where its request comes from. */
  function facts(context: Context<Env>): RequestFacts {
    const { ip } = readOrigin(context.env.incoming);
    const referrer = context.req.header('referer');
    return {
      method: context.req.method,
      path: new URL(context.req.url).pathname,
      ...compact({ ip, referrer }),
    };
  }

  /** Registers a route with the contract as its caller may use it. */
  function handle(
    route: Route,
    work: (service: ServedKeys, context: Context<Env>, id: string) => Promise<Response>,
  ): void {
    app.on(route.method, route.path.replace('{id}', ':id'), async (context) => {
      const row = await manager(context);
      return await work(rules.as(row), context, context.req.param('id') ?? '');
    });
  }

  handle(ROUTES.create, async (service, context) => {
    const issued = await service.create((await readJson(context)) as CreateKey, creationOptions(context));
    return context.json({ success: true, data: withCredential(issued) }, 201);
  });
  handle(ROUTES.list, async (service, context) => {
    const query = validate(listQuery, singleQuery(context)) as ListKeys;
    const page = await service.list({ ...DOCUMENTED_LIST, ...query });
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
    const options = validate(forceQuery, singleQuery(context));
    return context.json({
      success: true,
      data: await service.update(id, (await readJson(context)) as UpdateKey, options),
    });
  });
  handle(ROUTES.roll, async (service, context, id) => {
    const rolled = await service.roll(
      id,
      ((await readJson(context)) ?? {}) as RollKey,
      creationOptions(context),
    );
    return context.json({ success: true, data: withCredential(rolled), previous: rolled.previous }, 201);
  });
  handle(ROUTES.acknowledge, async (service, context, id) => {
    await service.acknowledge(id, creationOptions(context));
    return context.json({ success: true, message: 'answer dropped' });
  });
  handle(ROUTES.revoke, async (service, context, id) => {
    await service.revoke(id, validate(forceQuery, singleQuery(context)));
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

  handle(ROUTES.usage, async (service, context, id) => {
    const { days } = validate(usageQuery, singleQuery(context));
    return context.json({ success: true, data: await service.usage(id, days) });
  });
  app.get(ROUTES.whoami.path, async (context) => {
    const data = await rules.as(await user(context)).whoami();
    return context.json({ success: true, data, policy: policyFacts(policy) });
  });
  app.get(METRICS_PATH, async (context) => {
    requireScope(await manager(context), SCOPE_READ);
    return context.body(metrics.text(), 200, { 'content-type': METRICS_TYPE });
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

/** Without the header, a repeat is not recognised: each such request stands alone, under a key that nobody knows. */
function creationOptions(context: Context<Env>) {
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
  return [...new Set(OPEN_PATHS.includes(path) || path === METRICS_PATH ? ['GET'] : methods)];
}
