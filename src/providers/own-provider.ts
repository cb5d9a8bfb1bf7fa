import { loadOwnModule, type ModuleShape, notOf, type ThisProgram } from '../storage/own-module.js';
import { checkDefinition } from './check-definition.js';
import type { ProviderDefinition } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { guarded, lineIn } from './mistakes.js';

const SHAPE: ModuleShape = {
  what: 'a provider',
  hint: "correct it there; a file begins with import { provider } from 'keys', and exports provider({ … })",
  next: 'new_provider',
};

/**
 * Returns the provider of a module of the user's own, whose default export is what `defineProvider` returns.
 * `taken` are the ids that it cannot have. Throws `usage`: see `loadOwnModule`.
 */
export async function loadProviderFile(
  path: string,
  { taken, ...program }: ThisProgram & { readonly taken: readonly string[] },
): Promise<ProviderDefinition> {
  const loaded = await loadOwnModule(path, program, SHAPE, (error) => {
    if (error instanceof DefinitionMistake) return `${error.field} ${error.problem}`;
    if (!(error instanceof Error)) return String(error);
    const line = lineIn(error, path);
    return line === null ? error.message : `${error.message} (line ${line})`;
  });
  const problem = checkDefinition(loaded);
  if (problem !== null) throw notOf(SHAPE, path, problem);
  const definition = withGuards({ ...(loaded as ProviderDefinition), source: path });
  if (taken.includes(definition.id)) {
    throw notOf({ what: SHAPE.what, hint: 'choose another one' }, path, `id: taken: ${definition.id}`);
  }
  return definition;
}

/**
 * The definition, whose functions that are called outside of the engine throw `provider_mistake`, with their
 * place in the file, as those inside of it do.
 */
function withGuards(definition: ProviderDefinition): ProviderDefinition {
  const { names, idInSecret } = definition;
  const textOf = <Text extends string | undefined>(field: string, run: () => Text): Text =>
    guarded(
      () => {
        const text: unknown = run();
        if (typeof text !== 'string' && text !== undefined)
          throw new DefinitionMistake(field, 'returns what is no text');
        return text as Text;
      },
      definition,
      'definition',
      field,
    );
  const { stored, successor } = names;
  return {
    ...definition,
    idInSecret: (secret) => textOf('idInSecret', () => idInSecret(secret)),
    names: {
      ...names,
      ...(stored && { stored: (name) => textOf('names.stored', () => stored(name)) }),
      ...(successor && {
        successor: (name, turn) => textOf('names.successor', () => successor(name, turn)),
      }),
    },
  };
}
