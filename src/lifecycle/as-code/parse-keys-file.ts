import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { z } from 'zod';
import { nearest } from '../../domain/nearest.js';
import { withSmallInitial } from '../../domain/schema-words.js';
import { type FileMistake, fileError, type Position } from './file-mistake.js';
import { keysFileSchema, type RawKeysFile } from './keys-file-schema.js';

/** Most times that aliases may repeat a value: a small file must not become a large one. */
const MOST_ALIASES = 100;

/** Most lists and groups inside each other; a right file has five. */
const MOST_NESTED = 50;

/** Tokens of the lexer that stand for no text: document, flow error, scalar. */
const MARKS = ['\u0002', '\u0018', '\u001f'];

/** A path into the file, such as `['keys', 2, 'rotate']`. */
export type FilePath = ReadonlyArray<string | number>;

export interface ParsedFile {
  readonly raw: RawKeysFile;
  /** Where the value of a path stands; where it is missing, the nearest thing around it. */
  readonly at: (path: FilePath) => Position;
}

/**
 * Reads the text of a `keys.yaml`. Throws `usage` with every mistake: of YAML, of its form, and of the fields
 * and values that the schema does not know.
 */
export function parseKeysFile(text: string, path: string): ParsedFile {
  const lines = new LineCounter();
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const document = readYaml(text, path, lines);
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    throw fileError(
      path,
      problems.map(({ message, pos }) => ({ ...position(pos[0]), message: plainMessage(message) })),
    );
  }
  const value = toValue(document, path);
  const result = keysFileSchema.safeParse(value);
  if (result.success) {
    return { raw: result.data, at: (where) => position(offsetOf(document, where)) };
  }
  const mistakes = result.error.issues.flatMap((issue) => mistakesOf(issue, [], value, document, position));
  throw fileError(path, mistakes);
}

function readYaml(text: string, path: string, lineCounter: LineCounter): Document.Parsed {
  const deep = firstTooDeep(text);
  if (deep === null) return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true });
  const before = text.slice(0, deep).split('\n');
  const position = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  throw fileError(path, [{ ...position, message: `nested more than ${MOST_NESTED} times` }]);
}

/**
 * The offset at which the text nests too deeply; null: nowhere. The parser's time and stack grow with the
 * depth.
 */
function firstTooDeep(text: string): number | null {
  let offset = 0;
  let brackets = 0;
  let indicators = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') brackets++;
    if (token === ']' || token === '}') brackets--;
    if (token === '-' || token === '?') indicators++;
    if (token.startsWith('\n')) indicators = 0;
    if (brackets > MOST_NESTED || indicators > MOST_NESTED) return offset;
    if (!MARKS.includes(token)) offset += token.length;
  }
  return null;
}

function toValue(document: Document.Parsed, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch {
    throw fileError(path, [
      { line: 1, column: 1, message: 'aliases repeat too much', hint: 'write the values out' },
    ]);
  }
}

function plainMessage(message: string): string {
  return message.replace(/\s+/g, ' ').replace(/[.:] *$/, '');
}

/** The offset of a value, or of the nearest thing around it that the file has. */
function offsetOf(document: Document.Parsed, path: FilePath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const segment of path) {
    const inner = isAlias(node) ? node.resolve(document) : node;
    let next: unknown;
    if (isMap(inner)) {
      const pair = inner.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
      offset = startOf(pair?.key) ?? offset;
      next = pair?.value;
    } else if (isSeq(inner) && typeof segment === 'number') {
      next = inner.items[segment];
    }
    if (next === undefined || next === null) return offset;
    node = next;
    offset = startOf(node) ?? offset;
  }
  return offset;
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

type Issue = z.core.$ZodIssue;

/** An issue of the schema in the words of the file. Of alternatives, the one that fits best counts. */
function mistakesOf(
  issue: Issue,
  before: FilePath,
  value: unknown,
  document: Document.Parsed,
  position: (offset: number) => Position,
): FileMistake[] {
  const path: FilePath = [...before, ...(issue.path as Array<string | number>)];
  const here = () => position(offsetOf(document, path));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...position(keyOffset(document, path, key)),
      message: `unknown field ${key}`,
      ...(key === '<<' ? { hint: NO_MERGE } : meant(nearest(key, fieldsAt(path)))),
    }));
  }
  if (issue.code === 'invalid_union') {
    const best = issue.errors.toSorted((a, b) => penalty(a) - penalty(b))[0] ?? [];
    return best.flatMap((inner) => mistakesOf(inner, path, value, document, position));
  }
  const given = path.reduce<unknown>((inner, segment) => memberOf(inner, segment), value);
  const field = path.findLast((segment) => typeof segment === 'string') ?? 'the file';
  if (issue.code === 'invalid_type' && given === undefined) {
    return [{ ...here(), message: `${field} is missing` }];
  }
  if (issue.code === 'invalid_type') {
    const unit = typeof given === 'number' && issue.expected === 'string';
    return [
      {
        ...here(),
        message: `${field} must be ${KINDS[issue.expected] ?? issue.expected}`,
        ...(unit ? { hint: `such as ${given}d, or "${given}" in quotes` } : {}),
      },
    ];
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    return [
      {
        ...here(),
        message: `${field} must be ${values.join(' or ')}`,
        ...meant(nearest(String(given), values)),
      },
    ];
  }
  if (issue.code === 'invalid_key') {
    const [key] = path.slice(-1);
    return [
      {
        ...position(keyOffset(document, path.slice(0, -1), String(key))),
        message: `${key}: ${issue.issues[0]?.message ?? issue.message}`,
      },
    ];
  }
  return [{ ...here(), message: `${field}: ${withSmallInitial(issue.message)}` }];
}

const NO_MERGE = 'YAML has no merge keys since version 1.2: write the fields out, or use defaults';

/** How far a value is from an alternative: one of another kind is farther than one with a mistake inside. */
function penalty(issues: readonly Issue[]): number {
  return issues.reduce(
    (sum, { code, path }) =>
      sum + (path.length > 0 ? 1 : code === 'invalid_type' ? 100 : code === 'invalid_value' ? 150 : 10),
    0,
  );
}

function keyOffset(document: Document.Parsed, path: FilePath, key: string): number {
  return offsetOfKey(document, path, key) ?? offsetOf(document, path);
}

function offsetOfKey(document: Document.Parsed, path: FilePath, key: string): number | undefined {
  const map = document.getIn(path, true);
  const inner = isAlias(map) ? map.resolve(document) : map;
  if (!isMap(inner)) return undefined;
  const pair = inner.items.find(({ key: found }) => isScalar(found) && String(found.value) === key);
  return startOf(pair?.key);
}

function memberOf(value: unknown, segment: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, segment) : undefined;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a group of fields',
  record: 'a group of fields',
};

function meant(word: string | null): { hint?: string } {
  return word === null ? {} : { hint: `did you mean ${word}?` };
}

/** The fields that the schema knows at a path. */
function fieldsAt(path: FilePath): readonly string[] {
  const { shape } = keysFileSchema;
  const [first, second, third] = path;
  if (first === undefined) return Object.keys(shape);
  if (first === 'defaults') return Object.keys(shape.defaults.unwrap().shape);
  if (first === 'accounts') return second === undefined ? [] : Object.keys(shape.accounts.valueType.shape);
  const key = shape.keys.element.shape;
  if (third === 'restrictions') return Object.keys(key.restrictions.unwrap().shape);
  if (third === 'to') return ['place', 'then'];
  return Object.keys(key);
}
