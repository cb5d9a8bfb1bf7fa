import { isRecord } from '../../domain/is-record.js';
import { DefinitionMistake } from '../definition-mistake.js';

const STEP = /^((?:[^.[\]\\]|\\.)+)(\[\])?\.?(.*)$/s;

/**
 * The value at a path such as `spec.owner.id` or `policies[].groups[].id` (all of them); `\\.` is a dot in a
 * name, an empty path the value itself. Returns undefined where there is none.
 */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '') return value;
  const [, head = '', each, rest = ''] = STEP.exec(path) ?? [];
  if (typeof value !== 'object' || value === null) return undefined;
  const next = (value as Record<string, unknown>)[head.replace(/\\(.)/g, '$1')];
  if (each === undefined) return rest === '' ? next : valueAt(next, rest);
  return Array.isArray(next) ? next.flatMap((item) => valueAt(item, rest) ?? []) : undefined;
}

/** An object that has only this value, at this path. Throws `DefinitionMistake` for a path into a list. */
export function objectWith(path: string, value: unknown): Record<string, unknown> {
  const [, head = '', each, rest = ''] = STEP.exec(path) ?? [];
  if (each !== undefined || head === '') {
    throw new DefinitionMistake(path, 'is no place to send a value to: give the field a `send`');
  }
  return { [head.replace(/\\(.)/g, '$1')]: rest === '' ? value : objectWith(rest, value) };
}

/**
 * Both objects in one, member by member; where both have another kind of value, the second one's. Undefined
 * is left out.
 */
export function merged(one: unknown, two: unknown): Record<string, unknown> {
  const result: Record<string, unknown> = { ...(isRecord(one) ? one : {}) };
  for (const [name, value] of Object.entries(isRecord(two) ? two : {})) {
    if (value === undefined) continue;
    const before = result[name];
    result[name] = isRecord(before) && isRecord(value) ? merged(before, value) : value;
  }
  return result;
}

/** Paths of the members of a value; of a list, none of its items. */
export function pathsIn(value: unknown, before = ''): string[] {
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    before + name,
    ...pathsIn(member, `${before}${name}.`),
  ]);
}
