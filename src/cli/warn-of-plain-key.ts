import type { Key } from '../domain/key.js';
import {
  hasScope,
  SCOPE_CREATE,
  SCOPE_OWN,
  SCOPE_READ,
  SCOPE_VERIFY,
  SCOPE_WRITE,
} from '../domain/scopes.js';
import type { Context } from './context.js';
import { hintOf } from './hints.js';

const MANAGING = [SCOPE_READ, SCOPE_CREATE, SCOPE_WRITE, SCOPE_OWN];

/**
 * Warns of a key of a key service that can be used and can manage no key, and says where one that can comes
 * from.
 */
export function warnOfPlainKey(
  { output }: Pick<Context, 'output'>,
  { name, scopes }: Pick<Key, 'name' | 'scopes'>,
): void {
  if (scopes === undefined || MANAGING.some((scope) => hasScope(scopes, scope))) return;
  const can = hasScope(scopes, SCOPE_VERIFY) ? 'can verify keys, and manages none' : 'manages no keys';
  output.warn(`${name} ${can}: commands such as keys list and keys create are refused`);
  output.hint(
    hintOf({ hint: 'managing keys takes a management key', next: 'create_management_key', details: {} }) ??
      '',
  );
}
