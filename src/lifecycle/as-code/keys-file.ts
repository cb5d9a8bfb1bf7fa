import { isDeepStrictEqual } from 'node:util';
import { credentialVariable } from '../../connect/account-variables.js';
import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { MAX_NAME_LENGTH } from '../../domain/key.js';
import type { CreateKey } from '../../domain/key-service.js';
import { exactName } from '../../domain/managed-key.js';
import { nearest } from '../../domain/nearest.js';
import type { ParseContext } from '../../places/place.js';
import { type OwnKinds, parsePlace, placeKind } from '../../places/registry.js';
import { type FileMistake, fileError, type Position } from './file-mistake.js';
import type { RawKey, RawKeysFile } from './keys-file-schema.js';
import { type FilePath, type ParsedFile, parseKeysFile } from './parse-keys-file.js';

/** An account of the file. Its credential is never in the file. */
export interface FileAccount {
  readonly name: string;
  readonly provider: string;
  readonly baseUrl: string | null;
  readonly set: Readonly<Record<string, string>>;
  readonly at: Position;
}

/** A place of a key, as `--to` says it. */
interface FilePlace {
  readonly text: string;
  /** A command that brings the secret into use; null: none. */
  readonly command: string | null;
  readonly at: Position;
}

/** Rights that the file names; what it does not name is not compared. */
export type FileRights = Omit<CreateKey, 'name' | 'expires_at'> & {
  /** Milliseconds from creation to expiry; null: never. */
  readonly lifetime_ms?: number | null;
};

/** A key of the file. */
export interface FileKey {
  readonly name: string;
  readonly account: string;
  readonly rights: FileRights;
  readonly rotate_ms: number | null;
  readonly grace_ms: number | null;
  /** `unknown`: nothing is delivered. */
  readonly places: readonly FilePlace[] | 'unknown';
  readonly renamedFrom: string | null;
  /** Id at the vendor. */
  readonly adopt: string | null;
  readonly revoked: boolean;
  readonly at: Position;
}

export interface KeysFile {
  readonly path: string;
  /** Milliseconds between two runs of apply. */
  readonly every_ms: number;
  readonly accounts: readonly FileAccount[];
  readonly keys: readonly FileKey[];
}

const DAY_MS = 24 * 3_600_000;

/** Reads a `keys.yaml`. `context` has the folder that relative places are in. Throws `usage` with every mistake. */
export async function readKeysFile(
  text: string,
  path: string,
  context: ParseContext,
  own?: OwnKinds,
): Promise<KeysFile> {
  const parsed = parseKeysFile(text, path);
  const mistakes: FileMistake[] = [];
  const { raw, at } = parsed;
  const note = (where: FilePath, message: string, hint?: string | null) => {
    const mistake = { ...at(where), message, ...(hint ? { hint } : {}) };
    // What a default says wrong is wrong for each key that takes it, and is one mistake.
    if (!mistakes.some((one) => isDeepStrictEqual(one, mistake))) mistakes.push(mistake);
  };
  const every_ms = readDuration(raw.defaults?.every, ['defaults', 'every'], note) ?? DAY_MS;
  const accounts = Object.entries(raw.accounts).map(
    ([name, { provider, base_url, set }]): FileAccount => ({
      ...{ name, provider, baseUrl: base_url ?? null, set: set ?? {} },
      at: at(['accounts', name, 'provider']),
    }),
  );
  checkVariables(accounts, note);
  const keys = raw.keys.map((key, i) => readKey(key, i, raw, parsed, note));
  checkNames(keys, raw, note);
  for (const [i, key] of keys.entries()) checkTimes(key, raw.keys[i], i, every_ms, note);
  for (const [i, key] of keys.entries()) await checkPlaceTexts(key, i, { context, own }, note);
  if (mistakes.length > 0) throw fileError(path, mistakes);
  return { path, every_ms, accounts, keys };
}

type Note = (where: FilePath, message: string, hint?: string | null) => void;

/** Milliseconds; undefined where nothing is said or the text is no duration, which is noted. */
function readDuration(text: string | undefined, where: FilePath, note: Note): number | undefined {
  if (text === undefined) return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    note(where, error instanceof Error ? error.message : String(error), hintOf(error));
    return undefined;
  }
}

function readKey(key: RawKey, i: number, { defaults }: RawKeysFile, { at }: ParsedFile, note: Note): FileKey {
  const lasting = (text: string | undefined, where: FilePath) =>
    text === undefined || text === 'never' ? null : (readDuration(text, where, note) ?? null);
  const { type, environment, service, scopes, restrictions, metadata, options } = key;
  return {
    name: exactName(key.name),
    account: key.account,
    rights: compact({
      ...{ type, environment, service, scopes, metadata, options },
      restrictions: restrictions === undefined ? undefined : compact(restrictions),
      lifetime_ms: key.expires === undefined ? undefined : lasting(key.expires, ['keys', i, 'expires']),
    }),
    rotate_ms: lasting(
      key.rotate ?? defaults?.rotate,
      key.rotate === undefined ? ['defaults', 'rotate'] : ['keys', i, 'rotate'],
    ),
    grace_ms: lasting(
      key.grace ?? defaults?.grace,
      key.grace === undefined ? ['defaults', 'grace'] : ['keys', i, 'grace'],
    ),
    places: key.to === 'unknown' ? 'unknown' : placesOf(key.to ?? [], i, at),
    renamedFrom: key.renamed_from === undefined ? null : exactName(key.renamed_from),
    adopt: key.adopt ?? null,
    revoked: key.revoked === true,
    at: at(['keys', i, 'name']),
  };
}

function placesOf(
  places: Exclude<RawKey['to'], 'unknown' | undefined>,
  i: number,
  at: ParsedFile['at'],
): FilePlace[] {
  return places.map((place, j) => ({
    ...(typeof place === 'string'
      ? { text: place, command: null }
      : { text: place.place, command: place.then ?? null }),
    at: at(['keys', i, 'to', j]),
  }));
}

function checkVariables(accounts: readonly FileAccount[], note: Note): void {
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

/** Names, accounts, and what refers to another name or id. */
function checkNames(keys: readonly FileKey[], { accounts }: RawKeysFile, note: Note): void {
  const names = new Map<string, number>();
  const adopted = new Map<string, number>();
  for (const [i, key] of keys.entries()) {
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

/** What is wrong with a name; null: nothing. */
function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'the name is empty';
  const length = [...name].length;
  if (length > MAX_NAME_LENGTH)
    return `the name has ${length} characters; at most ${MAX_NAME_LENGTH} are kept`;
  return /\p{Cc}/u.test(name) ? 'the name holds control characters' : null;
}

function checkTimes(
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

/** Places that can be read, each once. */
async function checkPlaceTexts(
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

function hintOf(error: unknown): string | undefined {
  return error instanceof KeysError ? error.hint : undefined;
}
