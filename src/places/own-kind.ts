import { loadOwnModule, type ModuleShape, notOf, type ThisProgram } from '../storage/own-module.js';
import { placeMistake } from './check-place-definition.js';
import type { PlaceKind } from './place.js';
import type { PlaceDefinition } from './place-definition.js';
import { programKind } from './program-kind.js';

const SHAPE: ModuleShape = {
  what: 'a kind of place',
  hint: "such as: import { place } from 'keys'; export default place({ … }); man keys-places shows one",
};

/**
 * Returns the kind of place of a module of the user's own, whose default export is what `place` returns.
 * `taken` are the ids that it cannot have. Throws `usage`: see `loadOwnModule`.
 */
export async function loadOwnKind(
  path: string,
  { taken, ...program }: ThisProgram & { readonly taken: readonly string[] },
): Promise<PlaceKind> {
  const loaded = await loadOwnModule(path, program, SHAPE);
  const problem = placeMistake(loaded);
  if (problem !== null) throw notOf(SHAPE, path, problem);
  const definition = loaded as PlaceDefinition;
  if (taken.includes(definition.id)) {
    throw notOf({ what: SHAPE.what, hint: 'choose another one' }, path, `id: taken: ${definition.id}`);
  }
  const kind = programKind(definition);
  return { ...kind, sources: [...(kind.sources ?? []), path] };
}
