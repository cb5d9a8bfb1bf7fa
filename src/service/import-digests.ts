import { z } from 'zod';
import { KeysError } from '../domain/errors.js';
import { refuseSecrets } from '../domain/holds-secret.js';
import type { CreateKey } from '../domain/key-service.js';
import { nearest } from '../domain/nearest.js';
import { issueLine } from '../domain/schema-words.js';
import { MOST_PREFIX_LENGTH } from '../domain/secret-format.js';
import { sha256 } from '../domain/sha256.js';
import { visibleText } from '../domain/visible-text.js';
import { createRequest } from '../http/wire/request-schemas.js';
import type { SqlDatabase } from '../storage/sql/sql-database.js';
import { MOST_ALIKE } from './imported-secrets.js';
import { findPolicy } from './policies/find-policy.js';
import { isManagementScope, type Policy } from './policies/policy.js';
import { newRow } from './rules/new-row.js';
import { refuseWhatPolicyLacks } from './rules/policy-limits.js';
import type { By } from './store/audit-trail.js';
import {
  addImportedKeys,
  type DifferingLine,
  differingMembers,
  type ImportedLine,
} from './store/imported-keys.js';
import type { KeyRow } from './store/key-store.js';
import { DIGEST_ALGORITHMS, type DigestAlgorithm, hmacKeyId, isHmac, storedDigest } from './stored-digest.js';
import { validate } from './validate.js';

const BYTES = { sha256: 32, sha512: 64, 'hmac-sha256': 32 } as const;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./0-9A-Za-z]{53}$/;
/** One check of such a digest takes about two seconds; of each more, twice as long. */
const MOST_BCRYPT_COST = 14;

/** What a line has beside the members of a create. */
const ownMembers = z.object({
  digest: z.string(),
  algorithm: z.enum(DIGEST_ALGORITHMS).optional(),
  /** How the secret begins, as far as it may be shown. */
  prefix: z
    .string()
    .regex(/^[\x21-\x7e]*$/)
    .max(MOST_PREFIX_LENGTH)
    .optional(),
  /** The last four characters of the secret. */
  hint: z
    .string()
    .regex(/^[\x21-\x7e]{4}$/)
    .optional(),
  created_at: z.iso.datetime({ offset: true }).optional(),
});

export interface ImportDigestsOptions {
  /** Of lines that name none. */
  readonly algorithm: DigestAlgorithm;
  /** Of digests by HMAC. */
  readonly hmacKey?: Uint8Array | undefined;
  readonly by: By;
}

export interface ImportedDigests {
  readonly added: number;
  /** Keys that were there already, those of `differing` too. */
  readonly same: number;
  readonly differing: readonly DifferingLine[];
  /** Lines whose keys only servers with the HMAC key accept. */
  readonly byHmac: number;
}

/**
 * Adds keys of another key system, of which there are digests: a line of JSON each, all of them or none. A
 * key that is there already stays as it is; if a line says otherwise, it is among `differing`. Throws
 * `invalid_request`, with the number of the line, for what cannot be verified later and for two lines that
 * contradict each other, and `unsupported` for a database whose keys are pairs.
 */
export async function importDigests(
  database: SqlDatabase,
  lines: AsyncIterable<string>,
  options: ImportDigestsOptions,
): Promise<ImportedDigests> {
  const [kept] = await database.all("SELECT value FROM service_settings WHERE name = 'policy'");
  const policy = findPolicy(String(kept?.['value'] ?? 'keys'));
  if (policy.credential === 'pair') {
    throw new KeysError(
      'unsupported',
      `keys under the policy ${policy.id} are pairs: a digest is not enough`,
    );
  }
  const byId = new Map<string, ImportedLine>();
  const read: ImportedLine[] = [];
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === '') continue;
    try {
      const one = { number, ...readLine(line, policy, options) };
      refuseContradiction(one, byId.get(one.row.id));
      byId.set(one.row.id, one);
      read.push(one);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      throw new KeysError('invalid_request', `line ${number}: ${error.message}`, {
        hint: error.hint ?? 'nothing was added',
        details: { line: number },
      });
    }
  }
  const byHmac = read.filter(({ row }) => isHmac(row.digest)).length;
  return { ...(await addImportedKeys(database, read, options.by, MOST_ALIKE)), byHmac };
}

/** Throws `invalid_request` where an earlier line has the same digest and says something else of its key. */
function refuseContradiction({ row, dated }: ImportedLine, earlier: ImportedLine | undefined): void {
  if (earlier === undefined) return;
  const members = differingMembers(row, earlier.row, dated && earlier.dated);
  if (members.length === 0) return;
  throw new KeysError(
    'invalid_request',
    `the digest of line ${earlier.number}, with another value of ${members.join(', ')}`,
    { hint: 'a digest is one key: keep one of the two lines; nothing was added' },
  );
}

function readLine(line: string, policy: Policy, options: ImportDigestsOptions): Omit<ImportedLine, 'number'> {
  const { digest, algorithm = options.algorithm, prefix = '', hint = '', created_at, ...rest } = split(line);
  const request = validate(createRequest(), rest) as CreateKey;
  refuseSecrets(request);
  const managing = request.scopes?.find(isManagementScope);
  if (managing !== undefined) {
    throw new KeysError('invalid_request', `scopes: an imported key cannot have ${managing}`, {
      hint: 'create keys that manage keys in this service',
    });
  }
  const { at: now } = options.by;
  refuseWhatPolicyLacks(request, policy, now);
  const stored = storedForm(digest, algorithm, options.hmacKey);
  const row: KeyRow = {
    ...newRow(request, policy, now),
    created_at: created_at === undefined ? now : Math.min(now, Date.parse(created_at)),
    // The same digest is the same key, also after its first use has replaced the digest by our own.
    id: `key_${sha256(stored).slice(0, 20)}`,
    ...{ digest: stored, prefix, hint, sealed_secret_key: null },
  };
  return { row, dated: created_at !== undefined };
}

/** The members of a line: ours checked, those of a create as they are. */
function split(line: string) {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new KeysError('invalid_request', 'not JSON');
  }
  const found = ownMembers.safeParse(value);
  if (found.success) {
    const others = Object.entries(value as object).filter(([name]) => !(name in ownMembers.shape));
    refuseUnknown(others.map(([name]) => name));
    return { ...found.data, ...Object.fromEntries(others) };
  }
  const [issue] = found.error.issues;
  const wrong = issue === undefined ? 'not its shape' : issueLine(issue, value, 'the line');
  throw new KeysError('invalid_request', wrong);
}

function refuseUnknown(names: readonly string[]): void {
  const members = [...Object.keys(createRequest().shape), ...Object.keys(ownMembers.shape)];
  const unknown = names.find((name) => !members.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, members);
  const meant = near === null ? '' : `; did you mean ${near}?`;
  throw new KeysError(
    'invalid_request',
    `${JSON.stringify(visibleText(unknown))}: there is no such member${meant}`,
    { hint: `a line can have ${members.toSorted().join(', ')}; nothing was added` },
  );
}

function storedForm(digest: string, algorithm: DigestAlgorithm, hmacKey: Uint8Array | undefined): string {
  if (algorithm === 'bcrypt') {
    const cost = Number(BCRYPT.exec(digest)?.[1] ?? Number.NaN);
    if (Number.isNaN(cost)) throw new KeysError('invalid_request', 'digest: not a hash of bcrypt');
    if (cost <= MOST_BCRYPT_COST) return storedDigest(algorithm, digest);
    throw new KeysError(
      'invalid_request',
      `digest: a cost of ${cost}, where ${MOST_BCRYPT_COST} is the most`,
    );
  }
  const hex = toHex(digest, BYTES[algorithm], algorithm);
  if (algorithm !== 'hmac-sha256') return storedDigest(algorithm, hex);
  if (hmacKey !== undefined) return storedDigest(algorithm, hex, hmacKeyId(hmacKey));
  throw new KeysError('invalid_request', 'a digest by HMAC needs its key', {
    hint: 'name the file that has the key',
  });
}

/** From hex or base64, which their lengths tell apart. */
function toHex(digest: string, bytes: number, algorithm: string): string {
  if (digest.length === bytes * 2 && /^[0-9a-fA-F]+$/.test(digest)) return digest.toLowerCase();
  const decoded = Buffer.from(digest, 'base64');
  if (/^[\w+/-]+={0,2}$/.test(digest) && decoded.length === bytes) return decoded.toString('hex');
  throw new KeysError('invalid_request', `digest: not one of ${algorithm}: ${bytes} bytes in hex or base64`);
}
