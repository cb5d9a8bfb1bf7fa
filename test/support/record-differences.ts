/**
 * Members of a record that no successor can have: what identifies a key, its secret, and when it was created.
 */
const OWN = new RegExp(
  `^(${[
    ...['id', '_id', 'uuid', 'uid', 'sid', 'hash', 'keyId', 'api_key_id', 'access_key'],
    ...['key', 'value', 'token', 'secret', 'spec.secret', 'secretKey', 'publicKey', 'api_key', 'secret_key'],
    ...[
      'start',
      'prefix',
      'created',
      'created_at',
      'createdAt',
      'creationDate',
      'date_created',
      'inserted_at',
    ],
    ...['issued_on', 'modified_on', 'updated', 'updated_at', 'date_updated', 'lastModified', 'modified_at'],
    ...['activeAt', '.*\\.\\d+\\.id'],
  ].join('|')})$`,
);
export const NAMES = /^(name|description|token_label|friendly_name|note|displayName)$/;

/** Paths at which two stored records differ. Ends may be apart by the time that the test takes. */
export function differing(before: unknown, after: unknown, testMs = 120_000, path = ''): string[] {
  const isOpen = (value: unknown): value is object => typeof value === 'object' && value !== null;
  if (isOpen(before) && isOpen(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => {
      const at = path === '' ? name : `${path}.${name}`;
      if (OWN.test(at)) return [];
      return differing(Reflect.get(before, name), Reflect.get(after, name), testMs, at);
    });
  }
  const [one, other] = [timeOf(before), timeOf(after)];
  if (before === after || (one !== null && other !== null && Math.abs(one - other) < testMs)) return [];
  return [`${path}: ${JSON.stringify(before)}, then ${JSON.stringify(after)}`];
}

/** Epoch milliseconds of a time in the forms of the fixtures; null for what is none. */
function timeOf(value: unknown): number | null {
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : null;
  return typeof value === 'number' && value > 1e9 ? (value > 1e11 ? value : value * 1000) : null;
}
