import { credentialVariable } from '../../connect/account-variables.js';
import { KeysError } from '../../domain/errors.js';
import { memberWithSecret, SECRET_WHY } from '../../domain/holds-secret.js';
import { MAX_NAME_LENGTH } from '../../domain/key.js';
import { nearest } from '../../domain/nearest.js';
import type { ParseContext } from '../../places/place.js';
import { type OwnKinds, parsePlace, placeKind } from '../../places/registry.js';
import type { FileAccount, FileKey } from './keys-file.js';
import type { RawKey, RawKeysFile } from './keys-file-schema.js';
import type { FilePath } from './parse-keys-file.js';

/** Takes a mistake of the file, and where it is. */
export type Note = (where: FilePath, message: string, hint?: string | null) => void;

/** Notes accounts whose credentials would be in the same variable. */
export function checkVariables(accounts: readonly FileAccount[], note: Note): void {
  const taken = new Map<string, string>();
  for (const { name } of accounts) {
    const variable = credentialVariable(name);
    const other = taken.get(variable);
    if (other !== undefined) {
      note(
        ['accounts', name],
        `${other} and ${name} would share the variable ${variable}`,
        'rename one of them',
      );
    }
    taken.set(variable, name);
  }
}

/** Notes what is wrong with names and accounts, and with what refers to another name or id. */
export function checkNames(keys: readonly FileKey[], { accounts }: RawKeysFile, note: Note): void {
  const names = new Map<string, number>();
  const adopted = new Map<string, number>();
  for (const [i, key] of keys.entries()) {
    const member = memberWithSecret({ name: key.name, ...key.rights });
    if (member !== null) note(['keys', i, member], `${member} ${SECRET_WHY}`, SECRET_HINT);
    // The other notes would repeat it.
    if (member === 'name') continue;
    const problem = nameProblem(key.name);
    if (problem !== null) note(['keys', i, 'name'], problem);
    if (!Object.hasOwn(accounts, key.account)) {
      const near = nearest(key.account, Object.keys(accounts));
      note(
        ['keys', i, 'account'],
        `unknown account ${key.account}`,
        near === null ? `one of ${Object.keys(accounts).join(', ')}` : `did you mean ${near}?`,
      );
    }
    const id = JSON.stringify([key.account, key.name]);
    if (names.has(id))
      note(
        ['keys', i, 'name'],
        `${key.name} is the name of two keys of ${key.account}`,
        'rename one of them',
      );
    names.set(id, i);
    if (key.adopt === null) continue;
    const taken = JSON.stringify([key.account, key.adopt]);
    if (adopted.has(taken)) note(['keys', i, 'adopt'], `${key.adopt} is adopted twice`);
    adopted.set(taken, i);
  }
  for (const [i, { account, name, renamedFrom }] of keys.entries()) {
    if (renamedFrom === null) continue;
    if (renamedFrom === name) note(['keys', i, 'renamed_from'], `renamed_from is the name itself: ${name}`);
    else if (names.has(JSON.stringify([account, renamedFrom]))) {
      note(['keys', i, 'renamed_from'], `another key of this file is named ${renamedFrom}`);
    }
  }
}

const SECRET_HINT = 'if it is one, roll its key: the file may be in a repository';

/** What is wrong with a name; null: nothing. */
function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'the name is empty';
  const length = [...name].length;
  if (length > MAX_NAME_LENGTH)
    return `the name has ${length} characters; at most ${MAX_NAME_LENGTH} are kept`;
  return /\p{Cc}/u.test(name) ? 'the name holds control characters' : null;
}

/** Notes durations that contradict each other, and a key that is delivered nowhere. */
export function checkTimes(
  { rotate_ms, grace_ms, rights, places, adopt, revoked }: FileKey,
  raw: RawKey | undefined,
  i: number,
  every_ms: number,
  note: Note,
): void {
  const rotateAt: FilePath = raw?.rotate === undefined ? ['defaults', 'rotate'] : ['keys', i, 'rotate'];
  if (rotate_ms !== null && grace_ms !== null && rotate_ms <= grace_ms) {
    note(
      raw?.rotate === undefined && raw?.grace !== undefined ? ['keys', i, 'grace'] : rotateAt,
      'rotate is not longer than grace: the next roll would come before the old key ends',
      'make rotate longer, or grace shorter',
    );
  }
  if (rotate_ms !== null && rotate_ms < every_ms) {
    note(rotateAt, 'rotate is shorter than every: apply does not run that often', 'set defaults: every');
  }
  const { lifetime_ms } = rights;
  if (typeof lifetime_ms === 'number' && lifetime_ms <= every_ms) {
    note(
      ['keys', i, 'expires'],
      'expires is not longer than every: each run would roll the key',
      'make expires longer, or set defaults: every',
    );
  }
  if (places !== 'unknown' && places.length === 0 && !revoked && adopt === null) {
    note(
      ['keys', i, raw?.to === undefined ? 'name' : 'to'],
      'to is missing: where its secret is delivered',
      'such as to: [.env#WEB_API_KEY]',
    );
  }
}

/** Notes places that cannot be read, that no later run can deliver to, or that are named twice. */
export async function checkPlaceTexts(
  { places }: FileKey,
  i: number,
  { context, own }: { readonly context: ParseContext; readonly own: OwnKinds | undefined },
  note: Note,
): Promise<void> {
  if (places === 'unknown') return;
  const seen = new Set<string>();
  for (const [j, { text }] of places.entries()) {
    const where = ['keys', i, 'to', j];
    try {
      const place = await parsePlace(text, context, own);
      if (!(await placeKind(place.kind, own)).remembered) {
        note(where, `${place.kind} is a place of one job: no later run can deliver there`);
      }
      if (seen.has(place.address)) note(where, `the place is named twice: ${text}`);
      seen.add(place.address);
    } catch (error) {
      if (!(error instanceof KeysError)) throw error;
      note(where, error.message, error.hint);
    }
  }
}
