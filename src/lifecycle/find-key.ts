import { allKeys } from '../domain/all-keys.js';
import { KeysError } from '../domain/errors.js';
import type { Key } from '../domain/key.js';
import type { KeyService } from '../domain/key-service.js';

/** Most candidates that an ambiguous name lists. */
const MOST_CANDIDATES = 10;

/** Among keys of one name, who comes first is meant: the one in use before the one that it succeeded, and both before the dead. */
const STANDING: ReadonlyArray<(key: Key) => boolean> = [
  (key) => key.status === undefined || key.status === 'active',
  (key) => key.status === 'retiring',
  () => true,
];

/**
 * The key that a reference names: its id, its exact name, or a prefix of either that only one key has. Throws `not_found`, or `ambiguous_key` with the candidates.
 */
export async function findKey(service: KeyService, reference: string): Promise<Key> {
  if (reference === '') throw new KeysError('usage', 'an empty name names no key');
  const byId = await exactId(service, reference);
  if (byId !== null) return byId;
  const named = await only(service, reference);
  if (named !== null) return named;
  const exact: Key[] = [];
  const prefixed: Key[] = [];
  for await (const key of allKeys(service, {})) {
    if (key.id === reference) return key;
    if (key.name === reference) exact.push(key);
    else if (key.name.startsWith(reference) || key.id.startsWith(reference)) prefixed.push(key);
  }
  for (const group of [exact, prefixed]) {
    const candidates = STANDING.map((stands) => group.filter(stands)).find(({ length }) => length > 0) ?? [];
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1) return only;
    if (candidates.length > 1) throw ambiguous(reference, candidates);
  }
  throw new KeysError('not_found', `no such key: ${reference}`, { hint: 'keys list --all shows every key' });
}

/** The one key in use of exactly this name, asked for by name; null where the list has to be looked through. */
async function only(service: KeyService, name: string): Promise<Key | null> {
  // An asterisk would be read as a pattern.
  if (name.includes('*')) return null;
  const { keys } = await service.list({ name, status: ['active'], limit: 2 });
  const [key, ...others] = keys.filter((candidate) => candidate.name === name);
  return key !== undefined && key.status === 'active' && others.length === 0 ? key : null;
}

/** Our ids are asked for directly; what looks otherwise is looked for in the list. */
async function exactId(service: KeyService, reference: string): Promise<Key | null> {
  if (!/^key_\w+$/.test(reference)) return null;
  try {
    return await service.get(reference);
  } catch (error) {
    if (error instanceof KeysError && ['not_found', 'unsupported', 'method_not_allowed'].includes(error.code))
      return null;
    throw error;
  }
}

function ambiguous(reference: string, candidates: readonly Key[]): KeysError {
  const shown = candidates.slice(0, MOST_CANDIDATES).map((key) => `${key.id} (${key.name})`);
  const more = candidates.length > shown.length ? ` and ${candidates.length - shown.length} more` : '';
  return new KeysError('ambiguous_key', `${candidates.length} keys are meant by ${reference}`, {
    hint: `name one by its id: ${shown.join(', ')}${more}`,
    details: { candidates: candidates.slice(0, MOST_CANDIDATES).map(({ id, name }) => ({ id, name })) },
  });
}
