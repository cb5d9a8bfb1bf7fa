import type { Key } from '../domain/key.js';
import { sha256 } from '../domain/sha256.js';

/** Characters of a key's beginning that are shown at most: some whole secrets have no more than 32. */
const LONGEST_PREFIX = 24;
const SHORTENED_PREFIX = 8;
/** Characters of a key's end. */
const LONGEST_HINT = 8;
/** Characters of a digest: enough to distinguish the keys of an account. */
const HANDLE_LENGTH = 16;
/** Fewer characters of a secret are no part that helps to guess it. */
const SMALL_PART = 12;

type Note = (member: string, problem: string) => void;

/** Returns the handle that replaces the id of a key whose id is its secret, everywhere outside the engine. */
export function handleOf(secret: string): string {
  return `id_${sha256(secret).slice(0, HANDLE_LENGTH)}`;
}

/**
 * The key without what shows its secret, or more than half of it: a definition may read the wrong member of a
 * record, and every list would show the secret. An id that is the secret gets a handle, except with `keepId`;
 * it may hold a part. `note` gets each member that is left out.
 */
export function withoutSecret(key: Key, secret: string, note: Note, keepId = false): Key {
  const { id, name, ...members } = key;
  const idShows = !keepId && secret !== '' && id.includes(secret);
  const shownId = idShows ? handleOf(id) : id;
  if (idShows) note('id', 'is the secret: a handle is shown in its place; say `idIsSecret: true`');
  const safe = Object.entries(members).filter(([member, value]) => {
    const shows = showsSecret(value, secret);
    if (shows) note(member, 'shows the secret, or more than half of it: it is left out');
    return !shows;
  });
  const nameShows = name !== id && showsSecret(name, secret);
  if (nameShows) note('name', 'shows the secret, or more than half of it: the id is shown in its place');
  return { id: shownId, name: nameShows || name === id ? shownId : name, ...Object.fromEntries(safe) };
}

/** Whether a text in a value has all of a secret, or so much of it that the rest could be guessed. */
export function showsSecret(value: unknown, secret: string): boolean {
  if (typeof value === 'string') return showsPart(value, secret);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, it]) => showsPart(name, secret) || showsSecret(it, secret));
}

function showsPart(text: string, secret: string): boolean {
  const part = Math.max(SMALL_PART, Math.floor(secret.length / 2) + 1);
  if (text.length < Math.min(part, secret.length) || secret === '') return false;
  if (secret.length <= part) return text.includes(secret);
  return Array.from({ length: secret.length - part + 1 }, (_, at) => secret.slice(at, at + part)).some(
    (each) => text.includes(each),
  );
}

/** A beginning or an end that is too long to be shown, cut, and why; null where it is none. */
export function shortened(
  member: string,
  value: string,
): { readonly value: string; readonly problem: string } | null {
  if (member === 'prefix' && value.length > LONGEST_PREFIX) {
    const problem = `has ${value.length} characters, and may be the secret: its first ${SHORTENED_PREFIX} are shown`;
    return { value: value.slice(0, SHORTENED_PREFIX), problem };
  }
  if (member === 'hint' && value.length > LONGEST_HINT) {
    return {
      value: value.slice(-4),
      problem: `has ${value.length} characters, and may be the secret: its last 4 are shown`,
    };
  }
  return null;
}
