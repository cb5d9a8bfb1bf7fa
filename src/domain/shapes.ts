/**
 * Checks of JSON that need no library: loading zod and building its schemas costs more than the rest of many
 * a call. The published document is made from the schemas in zod beside; tests hold both equal.
 */

import { isRecord } from './is-record.js';

/** What is wrong with a value, and where in it. */
interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Returns the first problem of a value; null: it has the shape. */
export type Shape = (value: unknown) => Problem | null;

export const must = (is: (value: unknown) => boolean, message: string): Shape => {
  const problem = { path: [], message };
  return (value) => (is(value) ? null : problem);
};
export const isText = (value: unknown): value is string => typeof value === 'string';

export const anything: Shape = () => null;
export const text = must(isText, 'not text');
export const filled = must((value) => isText(value) && value !== '', 'not text, or empty');
export const truth = must((value) => typeof value === 'boolean', 'neither true nor false');
export const whole = must((value) => Number.isSafeInteger(value), 'not a whole number');
export const yes = must((value) => value === true, 'not true');
export const day = must(
  (value) => isText(value) && /^\d{4}-\d\d-\d\d$/.test(value) && isDate(value),
  'not a date',
);
/** ISO 8601, with its zone. */
const TIME = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;
export const time = must(
  (value) => isText(value) && TIME.test(value) && isDate(value.slice(0, 10)),
  'not a time with its zone',
);

/** Whether the month has this day. `Date` takes 31 February for 3 March. */
function isDate(date: string): boolean {
  // Most days are in every month. The rest of this is slow beside them.
  if (/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])$/.test(date)) return true;
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}

export const oneOf = (values: readonly string[]): Shape =>
  must((value) => isText(value) && values.includes(value), `not one of ${values.join(', ')}`);
export const optional =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined ? null : shape(value);
export const nullable =
  (shape: Shape): Shape =>
  (value) =>
    value === null ? null : shape(value);
export const maybe = (shape: Shape): Shape => optional(nullable(shape));

function within(key: PropertyKey, problem: Problem | null): Problem | null {
  return problem === null ? null : { path: [key, ...problem.path], message: problem.message };
}

/** A list whose members have this shape. */
export function list(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return { path: [], message: 'not a list' };
    for (let at = 0; at < value.length; at++) {
      const problem = shape(value[at]);
      if (problem !== null) return within(at, problem);
    }
    return null;
  };
}

/** An object with these members; others are let through. */
export function object(members: Readonly<Record<string, Shape>>): Shape {
  const names = Object.keys(members);
  const shapes = Object.values(members);
  return (value) => {
    if (!isRecord(value)) return { path: [], message: 'not an object' };
    for (let at = 0; at < names.length; at++) {
      const name = names[at] as string;
      const problem = (shapes[at] as Shape)(value[name]);
      if (problem !== null) return within(name, problem);
    }
    return null;
  };
}

/** An object whose members all have this shape. */
export function record(shape: Shape): Shape {
  return (value) =>
    isRecord(value)
      ? object(Object.fromEntries(Object.keys(value).map((name) => [name, shape])))(value)
      : { path: [], message: 'not an object' };
}

export const either =
  (one: Shape, other: Shape): Shape =>
  (value) =>
    one(value) === null ? null : other(value);
