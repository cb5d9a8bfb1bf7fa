import { z } from 'zod';
import { issueInWords } from '../domain/schema-words.js';
import { type PlaceDefinition, partNames } from './place-definition.js';

/** Codes that a failure of a program can mean. */
const CODES = [
  ...(['not_logged_in', 'not_found', 'forbidden', 'refused', 'usage', 'conflict'] as const),
  ...(['rate_limited', 'unavailable', 'unreachable', 'timeout', 'delivery_failed'] as const),
];
const run = z.custom((value) => typeof value === 'function', 'no function');
const pattern = z.custom(
  (value) => value instanceof RegExp && value.flags === '',
  'no pattern without flags',
);
const text = z.string().min(1);

const definition = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens'),
  title: text,
  target: z.string().regex(/^(?:[^{}#@]*\{[a-z]\w*\})+[^{}#@]*$/, 'no text with parts such as {app}'),
  parts: z.record(z.string(), pattern).optional(),
  names: pattern.optional(),
  examples: z.array(text).optional(),
  sources: z.array(text).optional(),
  program: z.string().regex(/^[\w./+-]+$/, 'no program'),
  install: text,
  env: run.optional(),
  failures: z.array(z.tuple([z.instanceof(RegExp), z.enum(CODES)]).rest(text)).optional(),
  probe: run,
  deliver: run,
  input: run.optional(),
  readBack: z.strictObject({ args: run, time: run }).optional(),
  account: z.strictObject({ args: run, name: run }).optional(),
  erase: run.optional(),
});

/** Returns what is wrong with a definition, with the member; null for a correct one. */
export function placeMistake(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'its default export is no definition';
  const issue = definition.safeParse(value).error?.issues[0];
  if (issue !== undefined) {
    // As its author writes it in the file.
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return `${path || 'definition'}: ${issueInWords(issue, value)}`;
    return `no such member${path === '' ? '' : ` of ${path}`}: ${issue.keys.join(', ')}`;
  }
  const { target, parts = {} } = value as PlaceDefinition;
  const names = partNames(target);
  if (new Set([...names, 'name']).size <= names.length)
    return 'target: a part is there twice, or is called name';
  const unknown = Object.keys(parts).find((part) => !names.includes(part));
  return unknown === undefined ? null : `parts.${unknown}: target has no {${unknown}}`;
}
