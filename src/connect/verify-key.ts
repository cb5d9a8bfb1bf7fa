import { compact } from '../domain/compact.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { InvalidReason, KeyService, VerifyKey } from '../domain/key-service.js';
import { signedPart } from '../domain/signed-part.js';
import { isForbidden, presentedKey, refuseTwoAuthorizations } from '../service/http/caller.js';

/** A request as Node's server or the fetch API has it. */
export interface KeyedRequest {
  readonly method?: string | undefined;
  /** Whole, or from its path on. */
  readonly url?: string | undefined;
  readonly headers:
    | { get(name: string): string | null }
    | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Names and values by turns, as Node has them: two `Authorization` headers are refused. */
  readonly rawHeaders?: readonly string[];
  readonly socket?: { readonly remoteAddress?: string | undefined };
}

export interface VerifyKeyOptions {
  /** What the key must be allowed to do; default: anything. */
  readonly scope?: string;
  /** The environment that the key must be of, such as `live`; default: any. */
  readonly environment?: string;
  /**
   * The caller's address, where a proxy is in between; default: the connection's other end, where the request
   * has one.
   */
  readonly ip?: string;
  /** The body exactly as it came, for pairs, which sign it. */
  readonly body?: string;
  /** Name of the header with a pair's signature; default `x-tlp-signature`. */
  readonly signatureHeader?: string;
}

/** What to do with a request: go on, or respond with `status`. */
export type RequestVerdict =
  | { readonly valid: true; readonly key: Key }
  | {
      readonly valid: false;
      readonly status: 401 | 403;
      readonly reason: InvalidReason | 'missing' | 'ambiguous';
      /** Where the key is known, but not good for this. */
      readonly key?: Key;
    };

/** Where keys are looked for: `Authorization: Bearer`, `x-api-key`, and Tylt's own header. */
const FORMS = {
  title: 'this API',
  placements: [
    { header: 'authorization', form: 'bearer' },
    { header: 'x-api-key', form: 'bare' },
    { header: 'x-tlp-apikey', form: 'bare' },
  ],
} as const;

/** Why no key was found in a request. */
const UNREAD = ['ambiguous', 'malformed', 'missing'] as const;

/** What the service takes at most; what is longer is left out, and a key that is restricted by it refused. */
const MOST_FACT_LENGTH = 2_000;

/**
 * Whether the key of a request is good for it, as the key service says at this moment: nothing is kept. The
 * key is taken from `Authorization: Bearer` or `x-api-key`; of a pair the signature is checked too. Throws
 * what `service.verify` throws where there is no verdict, such as `unreachable`: then the request is not to
 * be let in either. Throws `usage` for an option that is not known, and for a scope or environment that is
 * empty or undefined; `invalid_request` for an environment that no key of the service has.
 *
 * @example
 * const credential = process.env.KEYS_API_KEY;
 * const service = await connect({ baseUrl: 'https://keys.example.com', credential });
 * const verdict = await verifyKey(service, request, { scope: 'invoices:read', environment: 'live' });
 * if (!verdict.valid) return new Response(verdict.reason, { status: verdict.status });
 */
export async function verifyKey(
  service: Pick<KeyService, 'verify'>,
  request: KeyedRequest,
  options: VerifyKeyOptions = {},
): Promise<RequestVerdict> {
  checkOptions(options);
  const header = headerReader(request.headers);
  let key: string;
  try {
    refuseTwoAuthorizations(request.rawHeaders ?? []);
    refuseListedKeys(request.headers);
    key = presentedKey(header, FORMS);
  } catch (error) {
    if (!(error instanceof KeysError)) throw error;
    const reason = UNREAD.find((one) => one === error.details?.['reason']) ?? 'missing';
    return { valid: false, status: 401, reason };
  }
  const verdict = await service.verify({ key, ...factsOf(request, header, options) });
  if (verdict.valid) return verdict;
  return { ...verdict, status: isForbidden(verdict.reason) ? 403 : 401 };
}

const OPTIONS: Readonly<Record<keyof VerifyKeyOptions, true>> = {
  scope: true,
  environment: true,
  ip: true,
  body: true,
  signatureHeader: true,
};

/** Throws `usage` for what would silently demand less of the key than the caller means. */
function checkOptions(options: VerifyKeyOptions): void {
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(OPTIONS, name)) continue;
    throw new KeysError('usage', `verifyKey has no option ${name}`, {
      hint: `its options: ${Object.keys(OPTIONS).join(', ')}`,
    });
  }
  for (const name of ['scope', 'environment'] as const)
    if (Object.hasOwn(options, name) && !options[name])
      throw new KeysError('usage', `${name}: has no value`, {
        hint: 'leave the option out where nothing is demanded',
      });
}

function factsOf(
  { method, url = '/', socket }: KeyedRequest,
  header: (name: string) => string | undefined,
  { scope, environment, ip, body, signatureHeader = 'x-tlp-signature' }: VerifyKeyOptions,
): Omit<VerifyKey, 'key'> {
  const signature = header(signatureHeader);
  const target = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return present({
    scope,
    environment,
    ip: ip ?? socket?.remoteAddress?.replace(/^::ffff:(?=\d+\.)/, ''),
    method,
    path: bounded(target.split(/[?#]/, 1)[0] || '/'),
    referrer: bounded(header('referer')),
    signature,
    signed: signature === undefined ? undefined : signedText(target, body),
  });
}

function signedText(target: string, body: string | undefined): string {
  const part = signedPart({ url: `http://localhost${target}`, ...compact({ body }) });
  return typeof part === 'string' ? part : new TextDecoder().decode(part);
}

function bounded(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= MOST_FACT_LENGTH ? text : undefined;
}

/** Throws for a header that holds two keys as a list: the first is not better than the second. */
function refuseListedKeys(headers: KeyedRequest['headers']): void {
  if (typeof headers.get === 'function') return;
  const plain = headers as Readonly<Record<string, string | readonly string[] | undefined>>;
  for (const { header } of FORMS.placements) {
    const value = plain[header];
    if (typeof value === 'string' || (value?.length ?? 0) < 2) continue;
    throw new KeysError('unauthenticated', `${header} has two values`, { details: { reason: 'ambiguous' } });
  }
}

function headerReader(headers: KeyedRequest['headers']): (name: string) => string | undefined {
  if (typeof headers.get === 'function') {
    const { get } = headers as { get(name: string): string | null };
    return (name) => get.call(headers, name) ?? undefined;
  }
  const plain = headers as Readonly<Record<string, string | readonly string[] | undefined>>;
  return (name) => {
    const value = plain[name];
    return typeof value === 'string' ? value : value?.[0];
  };
}

/** Without the members that are undefined. */
function present(facts: Readonly<Record<string, string | undefined>>): Omit<VerifyKey, 'key'> {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}
