import { isRecord } from '../../domain/is-record.js';
import { DefinitionMistake } from '../definition-mistake.js';

/** The members of a type. The compiler keeps each list complete. */
export type Members<Of> = Readonly<Record<keyof Required<Of>, true>>;

/** Throws `DefinitionMistake` for a member that does not exist, naming those that do. */
export function requireKnown(value: unknown, known: Readonly<Record<string, true>>, where: string): void {
  if (!isRecord(value)) throw new DefinitionMistake(where, 'is no object');
  const names = Object.keys(known);
  const odd = Object.keys(value).find((name) => !names.includes(name));
  if (odd !== undefined) {
    throw new DefinitionMistake(where, `has no member ${odd}; it can have ${names.sort().join(', ')}`);
  }
}
