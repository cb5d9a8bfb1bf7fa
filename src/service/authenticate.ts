import { randomBytes, timingSafeEqual } from 'node:crypto';
import { endpointAllowed } from '../domain/endpoint-restriction.js';
import type { InvalidReason, RequestFacts } from '../domain/key-service.js';
import { referrerAllowed } from '../domain/referrer-restriction.js';
import { ipAllowed } from '../domain/restrictions.js';
import { carriesChecksum, inspectSecret } from '../domain/secret-format.js';
import { signatureMatches } from '../domain/signatures.js';
import type { ImportedSecrets } from './imported-secrets.js';
import { statusOf } from './key-record.js';
import { policyOf, prefixesUnder } from './policies/find-policy.js';
import type { Policy } from './policies/policy.js';
import type { SecretCipher } from './secret-cipher.js';
import type { CheckedKey } from './store/key-store.js';
import { secretDigest } from './stored-digest.js';

export type Authentication<Row extends CheckedKey = CheckedKey> =
  | { readonly valid: true; readonly row: Row }
  | { readonly valid: false; readonly reason: InvalidReason; readonly row?: Row };

/**
 * Facts about a request. For a pair, also the signature, which proves that the sender has the secret half.
 */
export interface AuthenticationFacts extends RequestFacts {
  readonly signature?: string | undefined;
  /** The signed text; default the empty request, `{}`. */
  readonly signed?: Uint8Array | string | undefined;
  /**
   * The caller sends the key alone. Without the signature of a pair, the response does not show whether the
   * key exists.
   */
  readonly byItsSender?: boolean;
}

interface AuthenticateWith<Row extends CheckedKey> {
  /** Looks a key up by its digest. */
  readonly find: (digest: string) => Promise<Row | null>;
  readonly policy: Policy;
  readonly cipher: SecretCipher | undefined;
  /** Absent: none were imported. */
  readonly imported?: ImportedSecrets | undefined;
}

/** Returns null if the row is not a pair or the signature is right. Compares in constant time. */
async function signatureRefusal(
  row: CheckedKey,
  cipher: SecretCipher | undefined,
  { signature, signed = '{}' }: AuthenticationFacts,
): Promise<InvalidReason | null> {
  if (row.sealed_secret_key === null) return null;
  if (signature === undefined || signature === '') return 'signature_missing';
  if (cipher === undefined) throw new TypeError('a pair needs the cipher for its signing half');
  const right = signatureMatches(await cipher.open(row.sealed_secret_key, row.id), signed, signature);
  return right ? null : 'signature_wrong';
}

const DECOY = randomBytes(32).toString('hex');

/**
 * The reason for a pair that does not exist: it takes the same time as a wrong signature, and reads the same.
 */
function decoyRefusal({ signature, signed = '{}' }: AuthenticationFacts): InvalidReason {
  if (signature === undefined || signature === '') return 'signature_missing';
  signatureMatches(DECOY, signed, signature);
  return 'signature_wrong';
}

/**
 * Returns whether a secret is valid for a request, and if not, the first reason. A mistyped secret needs no
 * database lookup, unless keys of another format were imported.
 */
export async function authenticate<Row extends CheckedKey>(
  { find, policy, cipher, imported }: AuthenticateWith<Row>,
  secret: string,
  facts: AuthenticationFacts,
  now: number,
): Promise<Authentication<Row>> {
  const ours = carriesChecksum(secret);
  const row = ours
    ? await findRow(find, secretDigest(secret))
    : await findImported(find, imported, secret, facts.ip);
  if (row === null && !ours) return { valid: false, reason: reasonByShape(secret, policy) };
  if (row === null) {
    const asWrong = facts.byItsSender && policy.credential === 'pair' ? decoyRefusal(facts) : null;
    return { valid: false, reason: asWrong ?? 'unknown' };
  }
  const byPlace = () => refusal(row, policyOf(row, policy), facts, now);
  const bySignature = () => signatureRefusal(row, cipher, facts);
  const reason = facts.byItsSender
    ? ((await bySignature()) ?? byPlace())
    : (byPlace() ?? (await bySignature()));
  return reason === null ? { valid: true, row } : { valid: false, reason, row };
}

async function findRow<Row extends CheckedKey>(
  find: AuthenticateWith<Row>['find'],
  digest: string,
): Promise<Row | null> {
  const row = await find(digest);
  // The index compares bytes in variable time, so compare again in constant time.
  return row !== null && timingSafeEqual(Buffer.from(row.digest), Buffer.from(digest)) ? row : null;
}

/** The key of a secret that is not of our format. Its digest becomes our own at its first use. */
async function findImported<Row extends CheckedKey>(
  find: AuthenticateWith<Row>['find'],
  imported: ImportedSecrets | undefined,
  secret: string,
  address: string | undefined,
): Promise<Row | null> {
  if (!imported?.present) return null;
  const own = secretDigest(secret);
  const row = await findRow(find, own);
  if (row !== null) return row;
  const stored = await imported.find(secret, address);
  const found = stored === null ? null : await findRow(find, stored);
  // Another request may have replaced the digest meanwhile.
  if (found === null) return await findRow(find, own);
  // If the database cannot be written now, the next use tries again.
  await imported.upgrade(found.id, found.digest, secret).catch(() => undefined);
  return found;
}

/** What stands around keys in files, commands and examples, such as quotation marks. */
const AROUND_A_KEY = /[^!-~]|["'`<>{}\\$,;]/;
/** The name of a variable, such as `YOUR_API_KEY`. */
const VARIABLE = /^[A-Z]+(?:_[A-Z]+)*_(?:KEY|TOKEN|SECRET)$/;
/** What examples have in place of a key: `your-api-key`, `xxxxxxxx`. */
const EXAMPLE = /^(?:(?:your|my|insert|paste|replace|example)[_-][a-z_-]*|(.)\1{5,})$/i;

/**
 * Of a secret that no key has and that is not of our format. Its text alone decides: a guess learns nothing.
 */
function reasonByShape(secret: string, policy: Policy): InvalidReason {
  if ([AROUND_A_KEY, VARIABLE, EXAMPLE].some((form) => form.test(secret))) return 'malformed';
  const { shape } = inspectSecret(secret, prefixesUnder(policy));
  if (shape === 'foreign' || shape === 'ours') return 'unknown';
  return shape === 'mistyped' ? 'mistyped' : 'malformed';
}

/** Whether a key that has authenticated before is still valid for a request, and if not, the first reason. */
export function recheck<Row extends CheckedKey>(
  row: Row,
  databasePolicy: Policy,
  facts: RequestFacts,
  now: number,
): Authentication<Row> {
  const reason = refusal(row, policyOf(row, databasePolicy), facts, now);
  return reason === null ? { valid: true, row } : { valid: false, reason, row };
}

function refusal(row: CheckedKey, policy: Policy, facts: RequestFacts, now: number): InvalidReason | null {
  const status = statusOf(row, now);
  if (status === 'revoked' || status === 'expired') return status;
  if (status === 'paused') return 'disabled';
  if (facts.environment !== undefined && facts.environment !== row.environment) return 'wrong_environment';
  const { ips, referrers, endpoints } = row.restrictions;
  if (ips?.length && !(facts.ip !== undefined && ipAllowed(ips, facts.ip))) return 'ip_not_allowed';
  if (referrers?.length && !(facts.referrer !== undefined && referrerAllowed(referrers, facts.referrer))) {
    return 'referrer_not_allowed';
  }
  if (endpoints?.length) {
    const { method, path } = facts;
    if (method === undefined || path === undefined || !endpointAllowed(endpoints, method, path)) {
      return 'endpoint_not_allowed';
    }
  }
  if (facts.scope !== undefined && !policy.grants(row, facts.scope)) return 'scope_missing';
  return null;
}
