import { KeysError } from '../domain/errors.js';
import { type Credential, secretPartOf } from '../domain/key.js';
import { INVALID_REASONS, type InvalidReason } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import type { LiveCheck } from '../domain/provider.js';
import { createRedactor } from '../domain/redactor.js';
import type { Transport } from '../http/transport.js';
import { readJson, readStatus } from '../http/wire/read-answer.js';
import { type ProviderDefinition, segment } from './define-provider.js';
import { useKey } from './use-key.js';

/** Statuses that judge the key; what else fails says nothing of it. */
const JUDGING = new Set(['unauthenticated', 'payment_required', 'forbidden']);

/** Where a key is tried. */
export interface CheckAt {
  readonly baseUrl: string | null;
  /** Instead of the provider's own request for that. */
  readonly path?: string;
  readonly set?: Readonly<Record<string, string>>;
}

/** Tries a key on the provider's request without side effects, or on another `path`. `baseUrl` null: no address is known. Never throws for an answer. */
export async function checkLive(
  definition: ProviderDefinition,
  { baseUrl, path, set = {} }: CheckAt,
  credential: Credential,
  options: { readonly transport: Transport; readonly userAgent: string },
): Promise<LiveAnswer> {
  const { title } = definition;
  const check: LiveCheck | null = path === undefined ? definition.check : { method: 'GET', path };
  if (check === null) {
    return {
      outcome: 'not_asked',
      message: `no request of ${title} without a side effect is known; nothing was sent`,
    };
  }
  if (baseUrl === null) {
    return { outcome: 'not_asked', message: `no address to ask: ${title} needs --base-url` };
  }
  const missing = definition.context.find(
    ({ name }) => (check.needs === name || check.path.includes(`{${name}}`)) && !set[name],
  );
  if (missing !== undefined) {
    return { outcome: 'not_asked', message: `${title} needs ${missing.about}: --set ${missing.name}=…` };
  }
  const url = baseUrl + check.path.replace(/\{(\w+)\}/g, (_, name: string) => segment(set[name] ?? ''));
  const { add, redact } = createRedactor();
  add(secretPartOf(credential));
  try {
    const answer = await useKey(definition, options)(credential, { method: check.method, url });
    if (check.accepts === undefined) readStatus(answer, check.method, url, redact);
    else if (!check.accepts({ status: answer.status, body: readJson(answer) })) {
      readStatus(answer, check.method, url, redact);
      return { outcome: 'refused', status: answer.status, message: `${title} does not take this key` };
    }
    return { outcome: 'accepted' };
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    if (!JUDGING.has(error.code)) return { outcome: 'unreachable', message: error.message };
    const reason = error.details?.['reason'];
    return {
      outcome: 'refused',
      status: error.httpStatus,
      message: error.message,
      ...(isReason(reason) ? { reason } : {}),
    };
  }
}

function isReason(value: unknown): value is InvalidReason {
  return (INVALID_REASONS as readonly unknown[]).includes(value);
}
