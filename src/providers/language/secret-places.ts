import { DefinitionMistake } from '../definition-mistake.js';
import { showsSecret } from '../hide-secret.js';
import type { AnyField } from './fields.js';
import type { KeyResource, SecretPlace } from './key-resource.js';
import { objectWith, valueAt } from './paths.js';

/** The secret of an example, to see which fields show it. It is long: a field may show the beginning. */
const EXAMPLE = `example-${'0f1e2d3c4b5a69788796a5b4c3d2e1f0'.repeat(4)}`;
/** What a vendor shows at the place of a secret: masked, or its beginning alone. A whole secret is longer. */
const WHOLE = /^(?!.*\.\.)[^\s*…]{20,}$/;

type Resource = Pick<KeyResource, 'one' | 'secret'> & Partial<Pick<KeyResource, 'create'>>;

/** Where a record itself may have the secret: what a response has beside the record is in no field. */
function placesInRecord({ one: usual = '', secret, create }: Resource): string[] {
  const way = create || {};
  const one = way.one ?? usual;
  const inside = (path: string) =>
    one === '' ? [path] : path.startsWith(`${one}.`) ? [path.slice(one.length + 1)] : [];
  return [secret, way.secret].flatMap(pathsOf).flatMap(inside);
}

function pathsOf(place: SecretPlace | undefined): readonly string[] {
  if (place === undefined || typeof place === 'function') return [];
  if (typeof place === 'string') return [place];
  return 'secret_key' in place ? [place.secret_key] : place;
}

/** The whole secrets that a record shows, where they are in a new key's record. */
export function secretsInRecord(resource: Resource, record: unknown): string[] {
  return placesInRecord(resource)
    .map((path) => valueAt(record, path))
    .filter((found): found is string => typeof found === 'string' && WHOLE.test(found));
}

/**
 * Throws `DefinitionMistake` for a field that reads the secret of a new key: it would be shown in every list.
 */
export function refuseShownSecret(
  resource: Resource,
  fields: ReadonlyArray<readonly [where: string, field: AnyField]>,
): void {
  const said = resource.create && resource.create.secret !== undefined ? 'keys.create.secret' : 'keys.secret';
  for (const place of placesInRecord(resource)) {
    for (const [where, field] of fields) {
      if (!showsSecret(exampleOf(field, place), EXAMPLE)) continue;
      const start = `custom((key) => String(key.${place}).slice(0, 8))`;
      throw new DefinitionMistake(
        where,
        `reads the secret at ${place}, and lists show it; its start is ${start}; if ${place} is not the secret, correct ${said}`,
      );
    }
  }
}

/** What a field reads in an example; undefined where its function needs more of the record. */
function exampleOf(field: AnyField, place: string): unknown {
  try {
    return field.read(objectWith(place, EXAMPLE), { set: {}, now: 0 });
  } catch {
    return undefined;
  }
}
