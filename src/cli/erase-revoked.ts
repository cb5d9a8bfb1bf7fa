import { KeysError } from '../domain/errors.js';
import type { ResolvedKey } from '../lifecycle/find/resolved-key.js';
import type { Means } from '../lifecycle/operation/means.js';
import { eraseEverywhere } from '../lifecycle/places/erase-place.js';
import type { Context } from './context.js';

interface ErasedPlaces {
  readonly removed: Array<{ readonly name: string; readonly place: string }>;
  readonly left: Array<{ readonly name: string; readonly place: string; readonly message: string }>;
  /** For the exit code; null: each place that can has removed its secret. */
  readonly error: KeysError | null;
}

/** What a place says that cannot, or must not, remove the secret: no later attempt would differ. */
const STAYS: ReadonlySet<KeysError['code']> = new Set(['unsupported', 'refused']);

/** Removes the secrets of these revoked keys from their places, and says what became of each. */
export async function eraseAll(
  found: readonly ResolvedKey[],
  means: Means,
  context: Context,
): Promise<ErasedPlaces> {
  const { output } = context;
  const result: ErasedPlaces = { removed: [], left: [], error: null };
  let failures = 0;
  for (const { managed } of found) {
    if (managed === null) continue;
    const { id, name } = managed;
    const places = await eraseEverywhere(id, means, context);
    if (places === null) output.warn(`a version of ${name} still works: its secret stays at its places`);
    for (const { label, warnings, error } of places ?? []) {
      if (error === null) {
        result.removed.push({ name, place: label });
        output.say(`removed the secret of ${name} from ${label}`);
        for (const warning of warnings) output.warn(warning);
        continue;
      }
      if (!STAYS.has(error.code)) failures++;
      result.left.push({ name, place: label, message: error.message });
      output.warn(`the secret of ${name} is still at ${label}: ${error.message}`);
    }
  }
  if (failures === 0) return result;
  const error = new KeysError('pending', `${failures} not removed from their places`, {
    hint: 'when the cause is fixed: keys places remove NAME PLACE --erase',
  });
  return { ...result, error };
}
