import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { compact } from '../../domain/compact.js';
import type { RequestFacts } from '../../domain/key-service.js';
import { signedPart } from '../../domain/signed-part.js';
import { isManagement, type Policy } from '../policies/policy.js';
import type { CheckedKey } from '../store/key-store.js';
import type { AdmissionFacts, Admit } from './admission.js';
import { bearerKey, presentedKey, refuseTwoAuthorizations } from './caller.js';
import type { ReadOrigin } from './origin.js';

export type AppContext = Context<AppEnv>;

/** What the framework keeps of a request. */
export type AppEnv = {
  Bindings: HttpBindings;
  Variables: { requestId: string; keyId: string; reason: string | undefined };
};

/** Who sends a request. Both throw what `Admit` throws. */
export interface Callers {
  /** The key that manages keys. */
  manager(context: AppContext): Promise<CheckedKey>;
  /**
   * The key that is shown for what it is good for, in the policy's own form. `onlyAsks`: see
   * `AdmissionFacts`.
   */
  user(context: AppContext, about?: Pick<AdmissionFacts, 'onlyAsks'>): Promise<CheckedKey>;
}

export function createCallers(parts: {
  readonly admit: Admit;
  readonly policy: Policy;
  readonly readOrigin: ReadOrigin;
}): Callers {
  const { policy, readOrigin } = parts;

  async function admit(context: AppContext, key: string, shown: Parameters<Admit>[1]) {
    return await parts.admit(key, shown, {
      setHeader: (name, value) => context.header(name, value),
      setKey: (id) => context.set('keyId', id),
    });
  }

  /** What restricts a management key too: where its request comes from. */
  function facts(context: AppContext): RequestFacts {
    const { ip } = readOrigin(context.env.incoming);
    const referrer = context.req.header('referer');
    return {
      method: context.req.method,
      path: new URL(context.req.url).pathname,
      ...compact({ ip, referrer }),
    };
  }

  async function user(
    context: AppContext,
    about: Pick<AdmissionFacts, 'onlyAsks'> = {},
  ): Promise<CheckedKey> {
    refuseTwoAuthorizations(context.env.incoming.rawHeaders);
    const header = (name: string) => context.req.header(name);
    const key = presentedKey(header, policy);
    if (policy.signatureHeader === undefined)
      return await admit(context, key, { ...facts(context), ...about });
    const body = new Uint8Array(await context.req.arrayBuffer());
    return await admit(context, key, {
      ...facts(context),
      ...about,
      signature: header(policy.signatureHeader),
      signed: signedPart({ url: context.req.url, body }),
    });
  }

  async function manager(context: AppContext): Promise<CheckedKey> {
    refuseTwoAuthorizations(context.env.incoming.rawHeaders);
    const header = (name: string) => context.req.header(name);
    if (header('authorization') || !policy.placements.some(({ header: name }) => header(name)))
      return await admit(context, bearerKey(header), facts(context));
    // A key in the policy's own header learns that it may not manage keys, and not that it is missing.
    const row = await user(context);
    if (isManagement(row.scopes)) bearerKey(header);
    return row;
  }

  return { manager, user };
}
