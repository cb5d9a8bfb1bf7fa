import type { ApiDocument, FlatSchema } from './document.js';

/** A value in a schema that is no object, with its path and whether it must be there. */
export interface Leaf {
  readonly path: string;
  readonly name: string;
  readonly required: boolean;
  readonly schema: FlatSchema;
}

/** Objects within objects that are looked into. */
const DEEPEST = 3;
/** Values of one schema: more than any record of a key has. */
const MOST = 5_000;

/** The values of a schema, those nearest to its top first. */
export function leavesOf(document: ApiDocument, schema: unknown): Leaf[] {
  const found: Leaf[] = [];
  let level = [{ schema, path: '', required: true }];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const at of level) {
      const { properties, required } = document.flat(at.schema);
      for (const [name, property] of Object.entries(properties)) {
        if (found.length + next.length >= MOST) return found;
        const path = at.path === '' ? escaped(name) : `${at.path}.${escaped(name)}`;
        const flat = document.flat(property);
        const must = at.required && required.includes(name);
        if (flat.type === 'object' && Object.keys(flat.properties).length > 0) {
          next.push({ schema: property, path, required: must });
        } else found.push({ path, name, required: must, schema: flat });
      }
    }
    level = next;
  }
  return found;
}

/** The values that a request may have: a required member that is read-only is one of responses. */
export const sentLeavesOf = (document: ApiDocument, body: unknown): Leaf[] =>
  leavesOf(document, body).filter(({ schema }) => !schema.readOnly);

const escaped = (name: string) => name.replaceAll('.', '\\.');

/** A name without its case and separators: `lastUsedAt` and `last_used_at` are one. */
export const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The first leaf whose plain name fits one of the patterns, in their order. */
export function leafNamed(
  leaves: readonly Leaf[],
  patterns: readonly RegExp[],
  fits: (leaf: Leaf) => boolean = () => true,
): Leaf | undefined {
  for (const pattern of patterns) {
    const found = leaves.find((leaf) => pattern.test(plain(leaf.name)) && fits(leaf));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Lists beside the records of a response. */
const ASIDE = /^(errors|messages|warnings|links|included)$/;

/** Where a schema has its list of records: the path, and the record's schema. Undefined where it has none. */
export function listIn(
  document: ApiDocument,
  schema: unknown,
): { path: string; record: unknown } | undefined {
  const flat = document.flat(schema);
  if (flat.type === 'array') return { path: '', record: flat.items };
  const lists = leavesOf(document, schema).filter(({ name, schema: { type, items } }) => {
    return type === 'array' && !ASIDE.test(plain(name)) && document.flat(items).type !== 'string';
  });
  const [list] = lists;
  return list === undefined ? undefined : { path: list.path, record: list.schema.items };
}
