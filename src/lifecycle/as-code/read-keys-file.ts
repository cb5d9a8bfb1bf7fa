import { isDeepStrictEqual } from 'node:util';
import { compact } from '../../domain/compact.js';
import { parseDuration } from '../../domain/duration.js';
import { KeysError } from '../../domain/errors.js';
import { exactName } from '../../domain/managed-key.js';
import type { ParseContext } from '../../places/place.js';
import type { OwnKinds } from '../../places/registry.js';
import { checkNames, checkPlaceTexts, checkTimes, checkVariables, type Note } from './check-keys-file.js';
import { type FileMistake, fileError } from './file-mistake.js';
import type { FileAccount, FileKey, FilePlace, KeysFile } from './keys-file.js';
import type { RawKey, RawKeysFile } from './keys-file-schema.js';
import { type FilePath, type ParsedFile, parseKeysFile } from './parse-keys-file.js';

const DAY_MS = 24 * 3_600_000;

/**
 * Reads a `keys.yaml`. `context` has the folder that relative places are in. Throws `usage` with every
 * mistake.
 */
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
      settingAt: (setting) => at(['accounts', name, 'set', setting]),
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
    valueAt: ([field, ...inner]) =>
      at(Object.hasOwn(key, field) ? ['keys', i, field, ...inner] : ['keys', i, 'name']),
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

function hintOf(error: unknown): string | undefined {
  return error instanceof KeysError ? error.hint : undefined;
}
