import { fitsEnvironment } from '../../domain/filter-keys.js';
import { asShown } from '../../domain/whole-seconds.js';
import type { DescribedKey } from '../../lifecycle/describe-key.js';

/**
 * The keys that are not known to be of another environment than a profile's own; null: all keys. Adds the
 * environments of the others to `leftOut`.
 */
export async function* ofEnvironment(
  keys: AsyncIterable<DescribedKey>,
  own: string | null,
  leftOut: Set<string>,
): AsyncGenerator<DescribedKey> {
  for await (const key of keys) {
    if (fitsEnvironment(key, own ?? undefined)) yield key;
    else leftOut.add(key.environment ?? '');
  }
}

/** The keys with their times as they are shown. */
export async function* inWholeSeconds(keys: AsyncIterable<DescribedKey>): AsyncGenerator<DescribedKey> {
  for await (const key of keys) yield asShown(key);
}

/** The keys that fit, one at a time. */
export async function* filtered(
  keys: AsyncIterable<DescribedKey>,
  fits: (key: DescribedKey) => boolean,
): AsyncGenerator<DescribedKey> {
  for await (const key of keys) if (fits(key)) yield key;
}

/** All keys in order, once the last one is there. */
export async function* sorted(
  keys: AsyncIterable<DescribedKey>,
  compare: (a: DescribedKey, b: DescribedKey) => number,
): AsyncGenerator<DescribedKey> {
  const all: DescribedKey[] = [];
  for await (const key of keys) all.push(key);
  yield* all.sort(compare);
}
