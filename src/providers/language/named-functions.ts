import { KeysError } from '../../domain/errors.js';
import { DefinitionMistake, FailedFunction } from '../definition-mistake.js';

type AnyFunction = (this: unknown, ...input: unknown[]) => unknown;

/**
 * The same part of a definition, whose functions throw `FailedFunction` with their place in the file: the
 * author knows `keys.create.body`, and not which part of the engine calls it.
 */
export function withNamedFunctions<Part>(part: Part, where: string): Part {
  return named(part, where) as Part;
}

function named(part: unknown, where: string): unknown {
  if (typeof part === 'function') return namedFunction(part as AnyFunction, where);
  if (Array.isArray(part)) return part.map((each, i) => named(each, `${where}[${i}]`));
  if (!isPlain(part)) return part;
  return Object.fromEntries(
    Object.entries(part).map(([name, member]) => [name, named(member, placeOf(part, where, name))]),
  );
}

/**
 * Where a member is in the file. A field without a path is made of its own function, as `custom` makes it:
 * the file has no `read` there. No file writes `encode`.
 */
function placeOf(part: Readonly<Record<string, unknown>>, where: string, name: string): string {
  const isField = typeof part['read'] === 'function' && typeof part['kind'] === 'string';
  const isOwn = name === 'encode' || (name === 'read' && part['path'] === undefined);
  return isField && isOwn ? where : `${where}.${name}`;
}

/** Whether this is an object of the file itself: an instance of a class, such as a schema, stays as it is. */
function isPlain(part: unknown): part is Readonly<Record<string, unknown>> {
  return typeof part === 'object' && part !== null && Object.getPrototypeOf(part) === Object.prototype;
}

/** Throws `DefinitionMistake` for a Promise: the engine waits for no function of a description. */
function atOnce(result: unknown, where: string): unknown {
  if (!(result instanceof Promise)) return result;
  // What it rejects with is of no use, and must not end the program.
  result.catch(() => undefined);
  throw new DefinitionMistake(where, 'returns a Promise: it must not be async');
}

function namedFunction(run: AnyFunction, where: string): AnyFunction {
  return function (...input) {
    try {
      return atOnce(run.apply(this, input), where);
    } catch (error) {
      if (error instanceof DefinitionMistake && error.field.startsWith('set.'))
        throw new DefinitionMistake(`${where}: ${error.field}`, error.problem);
      const isForeseen =
        error instanceof DefinitionMistake || error instanceof FailedFunction || error instanceof KeysError;
      throw isForeseen ? error : new FailedFunction(where, error);
    }
  };
}
