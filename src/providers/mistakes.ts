import { KeysError, type KeysErrorOptions } from '../domain/errors.js';
import { option, words } from '../domain/words.js';
import type { ProviderDefinition } from './define-provider.js';
import { DefinitionMistake, FailedFunction } from './definition-mistake.js';

type Definition = Pick<ProviderDefinition, 'id' | 'title' | 'source'>;

/** The provider and its file, as messages name them. */
export function named({ title, source }: Definition): string {
  return source === null ? title : `${title} (${source})`;
}

/** Messages of the engine that name members and files of the definition alone, never a value. */
const SAFE = [
  /^Cannot (read|set) properties of (undefined|null) \((reading|setting) '[\w$]+'\)$/,
  /^[\w$.]+ is not (a function|defined|iterable|a constructor)$/,
  /^Cannot access '[\w$]+' before initialization$/,
];

/**
 * A failure of a definition's own code as an error of this program: with the provider, its file, the
 * operation and the field, and nothing of what was sent or received. What is foreseen (`KeysError`) stays as
 * it is.
 */
export function asMistake(
  error: unknown,
  definition: Definition,
  operation: string,
  part: string,
): KeysError {
  if (error instanceof KeysError) return error;
  const where = `${named(definition)}: ${operation}`;
  const way: KeysErrorOptions =
    definition.source === null
      ? {
          hint: words`is this the service that the provider is for? ${option('debug')} shows requests and responses`,
        }
      : {
          hint: 'correct it there',
          next: 'test_provider',
          details: { provider: definition.id, file: definition.source },
        };
  if (error instanceof DefinitionMistake) {
    const reading = /(^|\.)(read|judge)$/.test(part);
    const inPart = reading && part.includes('.') ? `${part}: ` : '';
    return new KeysError(
      reading ? 'bad_response' : 'provider_mistake',
      `${where}: ${inPart}${error.field} ${error.problem}`,
      way,
    );
  }
  const what = error instanceof FailedFunction ? error.cause : error;
  const thrown = what instanceof Error ? what : null;
  const message =
    thrown !== null && SAFE.some((safe) => safe.test(thrown.message)) ? `: ${thrown.message}` : '';
  const line = thrown === null || definition.source === null ? null : lineIn(thrown, definition.source);
  return new KeysError(
    'provider_mistake',
    `${where}: ${error instanceof FailedFunction ? error.field : `${part}()`} throws ${thrown?.name ?? 'what is no error'}${message}${line === null ? '' : ` (line ${line})`}`,
    way,
  );
}

/** The line of a file in which an error was thrown; null where it is not in that file. */
export function lineIn({ stack = '' }: Error, source: string): string | null {
  const file = source.replace(/^.*[\\/]/, '');
  const at = stack.split('\n').find((each) => each.includes(file));
  return at === undefined ? null : (/:(\d+):\d+\)?$/.exec(at)?.[1] ?? null);
}

/** `run`, whose failures are `asMistake`. */
export function guarded<Result>(
  run: () => Result,
  definition: Definition,
  operation: string,
  part: string,
): Result {
  try {
    return run();
  } catch (error) {
    throw asMistake(error, definition, operation, part);
  }
}
