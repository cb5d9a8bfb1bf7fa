import type { KeyFinder, KeyMatch } from './find-keys.js';
import type { Found, Skipped } from './found.js';
import { digestOf } from './known-secrets.js';
import { textOf } from './text-of.js';

/** A file, and in history the commit that brought it. */
interface Place {
  readonly file: string;
  readonly commit?: string;
}

const NONE: ReadonlySet<string> = new Set();

/** What one file's bytes hold, less the secrets whose digests are in `old`. Nothing in it leads back to a secret but the file. */
export function* scanBytes(
  find: KeyFinder,
  bytes: Buffer,
  place: Place,
  old = NONE,
): Generator<Found | Skipped> {
  const text = textOf(bytes);
  if (text === null) {
    yield { kind: 'skipped', reason: 'binary', ...place };
    return;
  }
  for (const match of find(text)) {
    const { start: _start, end: _end, ...found } = match;
    if (old.size === 0 || !old.has(digestAt(text, match))) yield { ...found, ...place };
  }
}

/** Digests of the secrets in a file's bytes. */
export function digestsIn(find: KeyFinder, bytes: Buffer): ReadonlySet<string> {
  const text = textOf(bytes) ?? '';
  return new Set(find(text).map((match) => digestAt(text, match)));
}

function digestAt(text: string, { start, end }: KeyMatch): string {
  return digestOf(text.slice(start, end));
}
