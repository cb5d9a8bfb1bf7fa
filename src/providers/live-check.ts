import { KeysError } from '../domain/errors.js';
import { type Credential, credentialParts, secretPartOf } from '../domain/key.js';
import { INVALID_REASONS, type InvalidReason } from '../domain/key-service.js';
import type { LiveCheckResult } from '../domain/live-check-result.js';
import { type CheckVerdict, type LiveCheck, resolveBaseUrl } from '../domain/provider.js';
import { createRedactor } from '../domain/redactor.js';
import { titleInSentence } from '../domain/systems.js';
import { option, setting, type Words, words } from '../domain/words.js';
import type { Transport, TransportResponse } from '../http/transport.js';
import { readJson, throwErrorStatus } from '../http/wire/read-response.js';
import { type ProviderDefinition, segment } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { asMistake, guarded, named } from './mistakes.js';
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

/**
 * Tries a key with the provider's request without side effects, or with another `path`: the first that fits
 * the context and the key's type. `baseUrl` null: no address is known. Never throws for a response.
 */
export async function checkLive(
  definition: ProviderDefinition,
  { baseUrl, path, set = {} }: CheckAt,
  credential: Credential,
  options: { readonly transport: Transport; readonly userAgent: string },
): Promise<LiveCheckResult> {
  const title = titleInSentence(definition);
  const check =
    path === undefined ? chosenCheck(definition, set, credential) : { method: 'GET' as const, path };
  if (check === null) {
    return {
      outcome: 'not_asked',
      message: `no request of ${title} without a side effect is known; nothing was sent`,
    };
  }
  if (baseUrl === null) return { outcome: 'not_asked', message: withoutAddress(definition, set) };
  const missing = definition.context.find(
    ({ name }) => (check.needs === name || check.path.includes(`{${name}}`)) && !set[name],
  );
  if (missing !== undefined) {
    const message = words`${title} needs ${missing.about}: ${setting(missing.name)}`;
    return { outcome: 'not_asked', message };
  }
  // Another address is the vendor's own: a service at an address that the user named is tried there.
  const at = check.baseUrl !== undefined && isPublished(definition, baseUrl) ? check.baseUrl : baseUrl;
  const url = at + check.path.replace(/\{(\w+)\}/g, (_, name: string) => segment(set[name] ?? ''));
  const { add, redact } = createRedactor();
  add(secretPartOf(credential));
  try {
    const response = await useKey(definition, options)(credential, { method: check.method, url });
    const found = { status: response.status, body: readJson(response) };
    const verdict = guarded(() => verdictOf(check, found), definition, 'check', 'verdict');
    if (verdict === undefined && isNoPage(definition, path, response.status)) throw noPage(definition, check);
    if (verdict === 'valid') return { outcome: 'accepted' };
    if (verdict === undefined) throwErrorStatus(response, check.method, url, redact);
    if (verdict === 'not_judged')
      return { outcome: 'unreachable', message: `${title} did not judge the key` };
    return verdict === undefined
      ? { outcome: 'accepted' }
      : { outcome: 'refused', ...refusalOf(response, check.method, url, redact, title), reason: verdict };
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    if (error.code === 'provider_mistake') return { outcome: 'mistaken', message: error.message };
    const unjudged = `${path === undefined ? placeOf(definition) : ''}${error.message}`;
    if (!JUDGING.has(error.code)) return { outcome: 'unreachable', message: unjudged };
    const reason = error.details?.['reason'];
    return {
      outcome: 'refused',
      status: error.httpStatus,
      message: error.message,
      ...(isReason(reason) ? { reason } : {}),
    };
  }
}

/** What a message about the check begins with: the file, where it is the user's own. */
function placeOf(definition: ProviderDefinition): string {
  return definition.source === null ? '' : `${named(definition)}: check: `;
}

/** Why nothing can be sent where the provider has no address of its own, or one with an unset part. */
function withoutAddress(definition: ProviderDefinition, set: Readonly<Record<string, string>>): Words {
  const part = definition.context.find(({ name }) => definition.baseUrl?.includes(`{${name}}`) && !set[name]);
  const needs =
    part === undefined ? option('base-url', 'https://…') : words`${part.about}: ${setting(part.name)}`;
  return words`no address to ask: ${titleInSentence(definition)} needs ${needs}`;
}

/** The first check that fits; a type counts only where the key's prefix tells it. */
function chosenCheck(
  { checks, check, format }: ProviderDefinition,
  set: Readonly<Record<string, string>>,
  credential: Credential,
): LiveCheck | null {
  const [first = ''] = credentialParts(credential);
  const own = format.prefixes.filter(({ prefix }) => first.startsWith(prefix));
  const type = own.sort((a, b) => b.prefix.length - a.prefix.length)[0]?.type ?? 'secret';
  const fits = (one: LiveCheck) =>
    (one.when === undefined || Boolean(set[one.when])) && (one.type === undefined || one.type === type);
  return checks.find(fits) ?? (checks.length > 0 ? null : check);
}

function isPublished(definition: ProviderDefinition, baseUrl: string): boolean {
  return definition.baseUrl !== null && baseUrl === resolveBaseUrl(definition, null, {});
}

/** The definition's own verdict; undefined: the status decides. */
function verdictOf(
  { verdict, accepts }: LiveCheck,
  response: { readonly status: number; readonly body: unknown },
): CheckVerdict | undefined {
  const judged: unknown = verdict?.(response);
  if (judged !== undefined && judged !== null) return asVerdict(judged);
  if (accepts === undefined) return undefined;
  if (accepts(response)) return 'valid';
  return response.status >= 200 && response.status <= 299 ? 'unknown' : undefined;
}

const VERDICTS: readonly CheckVerdict[] = ['valid', 'not_judged', ...INVALID_REASONS];

/** Throws `DefinitionMistake` for a word that is no verdict. The word may be of the response. */
function asVerdict(judged: unknown): CheckVerdict {
  const found = VERDICTS.find((each) => each === judged);
  if (found !== undefined) return found;
  throw new DefinitionMistake(
    'check.verdict',
    `returns no verdict; it may return ${VERDICTS.join(', ')}, or undefined: then the status decides`,
  );
}

/** Statuses of an address at which there is nothing: no key could ever pass such a check. */
const NO_PAGE = new Set([404, 405, 501]);

/** Whether a file of the user's own names a request that the vendor does not have. */
function isNoPage({ source }: ProviderDefinition, path: string | undefined, status: number): boolean {
  return source !== null && path === undefined && NO_PAGE.has(status);
}

function noPage(definition: ProviderDefinition, { method, path }: LiveCheck): KeysError {
  const mistake = new DefinitionMistake(
    'check',
    `${method} ${path} is no request of the vendor (it is not there)`,
  );
  return asMistake(mistake, definition, 'check', 'check');
}

/** Status and words of a refusal; a body that says it with status 200 has no words of its own. */
function refusalOf(
  response: TransportResponse,
  method: string,
  url: string,
  redact: (text: string) => string,
  title: string,
): { readonly status: number; readonly message: string } {
  try {
    throwErrorStatus(response, method, url, redact);
  } catch (error) {
    if (error instanceof KeysError) return { status: response.status, message: error.message };
    throw error;
  }
  return { status: response.status, message: `${titleInSentence({ title })} does not take this key` };
}

function isReason(value: unknown): value is InvalidReason {
  return (INVALID_REASONS as readonly unknown[]).includes(value);
}
