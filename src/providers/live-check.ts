import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import { INVALID_REASONS, type InvalidReason } from '../domain/key-service.js';
import type { LiveAnswer } from '../domain/live-answer.js';
import type { Transport } from '../http/transport.js';
import { readStatus } from '../wire/read-answer.js';
import type { ProviderDefinition } from './define-provider.js';
import { useKey } from './use-key.js';

/** Statuses that judge the key; what else fails says nothing of it. */
const JUDGING = new Set(['unauthenticated', 'payment_required', 'forbidden']);

/** Tries a key on the provider's request without side effects, or on another `path`. `baseUrl` null: no address is known. Never throws for an answer. */
export async function checkLive(
  definition: ProviderDefinition,
  { baseUrl, path }: { readonly baseUrl: string | null; readonly path?: string },
  credential: Credential,
  options: { readonly transport: Transport; readonly userAgent: string },
): Promise<LiveAnswer> {
  const { title, id } = definition;
  const check = path === undefined ? definition.check : ({ method: 'GET', path } as const);
  if (check === null) {
    return {
      outcome: 'not_asked',
      message: `no request of ${title} without a side effect is known; nothing was sent`,
    };
  }
  if (baseUrl === null) {
    return { outcome: 'not_asked', message: `no address to ask: --base-url, or keys provider show ${id}` };
  }
  const url = baseUrl + check.path;
  try {
    const answer = await useKey(definition, options)(credential, { method: check.method, url });
    readStatus(answer, check.method, url);
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
