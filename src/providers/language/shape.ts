import { isRecord } from '../../domain/is-record.js';
import { nearest } from '../../domain/nearest.js';
import { DefinitionMistake } from '../definition-mistake.js';

/** Checks a member of a definition. Throws `DefinitionMistake`, naming `where`. */
export type Kind = (value: unknown, where: string) => void;

/**
 * The members of a type, and what each must be. The compiler keeps each list complete, so that the types that
 * an editor shows and the check of a file that is loaded have the same members.
 */
export type Shape<Of> = Readonly<Record<keyof Required<Of>, Kind>>;

const is =
  (what: string, holds: (value: unknown) => boolean): Kind =>
  (value, where) => {
    if (!holds(value)) throw new DefinitionMistake(where, `is not ${what}`);
  };

const isText = (value: unknown): value is string => typeof value === 'string';
const isFilled = (value: unknown) => isText(value) && value.trim() !== '';

export const anything: Kind = () => undefined;
export const aText = is('a text', isFilled);
/** The place of a value in a request or a response; empty: the whole. */
export const aPath = is("a path, such as 'data.id'", isText);
export const aFunction = is('a function', (value) => typeof value === 'function');
export const aFlag = is('true or false', (value) => typeof value === 'boolean');
export const aCount = is('a whole number from 1', (value) => Number.isInteger(value) && Number(value) > 0);
export const aNumber = is('a number', (value) => typeof value === 'number' && Number.isFinite(value));
export const seconds = is(
  'a number of seconds',
  (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
);
export const texts = is(
  "a list of texts, such as ['…']",
  (value) => Array.isArray(value) && value.every(isFilled),
);
export const anObject = is('an object', isRecord);
export const textsByName = is(
  "an object of texts, such as { name: '…' }",
  (value) => isRecord(value) && Object.values(value).every(isText),
);

/** One of these words. */
export const word = (...words: readonly unknown[]): Kind => {
  return (value, where) => {
    if (words.includes(value)) return;
    const near = isText(value) ? nearest(value, words.filter(isText)) : null;
    const meant = near === null ? '' : `; did you mean '${near}'?`;
    throw new DefinitionMistake(
      where,
      `is not one of ${words.map((each) => JSON.stringify(each)).join(', ')}${meant}`,
    );
  };
};

/** Either of two kinds, by whether a value is of the first one's sort. */
export const either =
  (isFirst: (value: unknown) => boolean, first: Kind, second: Kind): Kind =>
  (value, where) =>
    (isFirst(value) ? first : second)(value, where);

/** A value alone, or a list of them. */
export const oneOrMore =
  (kind: Kind): Kind =>
  (value, where) => {
    if (!Array.isArray(value)) return kind(value, where);
    for (const [i, each] of value.entries()) kind(each, `${where}[${i}]`);
  };

/** A list of these. */
export const listOf =
  (kind: Kind, what: string): Kind =>
  (value, where) => {
    if (!Array.isArray(value)) throw new DefinitionMistake(where, `is not ${what}`);
    oneOrMore(kind)(value, where);
  };

/** An object whose members are all of one kind. */
export const byName =
  (kind: Kind): Kind =>
  (value, where) => {
    anObject(value, where);
    for (const [name, member] of Object.entries(value as object)) kind(member, `${where}.${name}`);
  };

/**
 * An object with these members and no others. `needed`: those that must be there. A member that is undefined
 * is as if it were left out.
 */
export function objectOf<Of>(
  shape: Shape<Of>,
  needed: ReadonlyArray<keyof Required<Of> & string> = [],
  what = 'an object',
): Kind {
  const kinds: Readonly<Record<string, Kind>> = shape;
  return (value, where) => {
    if (!isRecord(value)) throw new DefinitionMistake(where, `is not ${what}`);
    const inside = (name: string) => (where === WHOLE ? name : `${where}.${name}`);
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(kinds, name)) throw noMember(where, name, Object.keys(kinds));
    }
    const missing = needed.find((name) => value[name] === undefined);
    if (missing !== undefined) throw new DefinitionMistake(inside(missing), 'is missing');
    for (const [name, member] of Object.entries(value)) {
      if (member !== undefined) kinds[name]?.(member, inside(name));
    }
  };
}

/** The whole description, as messages name it. */
export const WHOLE = 'the definition';

function noMember(where: string, name: string, known: readonly string[]): DefinitionMistake {
  const near = nearest(name, known);
  const help = near === null ? `it can have ${known.toSorted().join(', ')}` : `did you mean ${near}?`;
  return new DefinitionMistake(where, `has no member ${name}; ${help}`);
}
