import { nearest } from '../../domain/nearest.js';
import type { CallContext } from '../define-provider.js';
import type { AnyField } from './fields.js';
import type { KeyResource } from './key-resource.js';
import { pathsIn, valueAt } from './paths.js';
import { declaredFields, type Options } from './requests.js';

/** What is shown in the place of a member that no record has. */
const SHOWN_INSTEAD: Readonly<Record<string, string>> = {
  'keys.fields.name': '; the id is shown in its place',
  'keys.fields.status':
    "; keys are shown as active (absent: 'active' says that a record without it means that)",
};

/**
 * Notes each field whose member is in no record, where a member has almost its name: that is more likely a
 * mistake than a value that no key has. A name and a status that are in no record are noted in any case, for
 * something else is shown in their place.
 */
export function noteUnread(
  { resource: { fields }, options }: { readonly resource: KeyResource; readonly options: Options },
  records: readonly unknown[],
  { note, isOwnFile }: Pick<CallContext, 'note' | 'isOwnFile'>,
): void {
  // A definition that comes with the program was held against the vendor.
  if (!isOwnFile || records.length === 0) return;
  const all: Array<readonly [string, AnyField]> = [
    ...declaredFields(fields).map(([name, field]) => [`keys.fields.${name}`, field] as const),
    ...Object.entries(options).map(([name, field]) => [`options.${name}`, field] as const),
  ];
  for (const [where, { path, writeOnly, absent }] of all) {
    if (path === undefined || writeOnly || records.some((each) => valueAt(each, path) !== undefined))
      continue;
    const near = nearest(path, pathsIn(records[0]));
    const shown = absent === undefined ? (SHOWN_INSTEAD[where] ?? '') : '';
    if (near === null && shown === '') continue;
    const meant = near === null ? '' : ` (did you mean ${near}?)`;
    note(`${where} (${path})`, `is in no record${meant}${shown}`);
  }
}
