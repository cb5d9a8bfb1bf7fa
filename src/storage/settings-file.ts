import { join } from 'node:path';
import { KeysError } from '../domain/errors.js';
import { makeFolder } from './files/folders.js';
import { readWhole } from './files/read-file.js';
import { changeFile, removeFile } from './files.js';
import { type Profile, SETTINGS, type SettingName, type Settings } from './settings.js';
import { holdsPassword, isPostgresAddress } from './sql/postgres-address.js';
import { isRecordAt, isTextAt, requireMember, wrongIn } from './stored-member.js';

const MAX_BYTES = 4 * 1024 * 1024;

interface Content {
  readonly settings: Readonly<Partial<Record<SettingName, string>>>;
  readonly profiles: Readonly<Record<string, Omit<Profile, 'name'>>>;
  readonly providers: Readonly<Record<string, string>>;
  readonly placeKinds: Readonly<Record<string, string>>;
}

/** The file as it was read or written last by this program. */
interface SettingsFile {
  readonly path: string;
  content(): Content;
  /** Throws `settings_unreadable`. */
  write(change: (before: Content) => Content): Promise<void>;
}

/** `Settings` over `config.json` in a folder. Read as the JSON that it is; conf is loaded only to write. */
export function createSettings(directory: string): Settings {
  const path = join(directory, 'config.json');
  let read: Content | undefined;
  const file: SettingsFile = {
    path,
    content() {
      read ??= readContent(path);
      return read;
    },
    async write(change) {
      read = await changeContent(directory, path, change);
    },
  };
  return { path, ...values(file), ...ownFiles(file), ...profiles(file) };
}

function values(file: SettingsFile): Pick<Settings, 'get' | 'all' | 'set' | 'unset'> {
  return {
    get: (name) => file.content().settings[name],
    all: () => file.content().settings,
    async set(name, value) {
      const known = settingName(name);
      if (isPostgresAddress(value) && holdsPassword(new URL(value))) {
        throw new KeysError('usage', 'a password does not belong in the settings', {
          hint: 'leave it out of the address, and give it by PGPASSWORD, PGPASSFILE or KEYS_LEDGER_URL',
        });
      }
      if (!SETTINGS[known].pattern.test(value)) {
        throw new KeysError('usage', `not a value for ${known}: ${JSON.stringify(value)}`, {
          hint: SETTINGS[known].like,
        });
      }
      if (known === 'profile') profileOf(file, value);
      await file.write((before) => ({ ...before, settings: { ...before.settings, [known]: value } }));
    },
    async unset(name) {
      const known = settingName(name);
      await file.write(({ settings: { [known]: _, ...settings }, ...rest }) => ({ ...rest, settings }));
    },
  };
}

type OwnFiles = Pick<Settings, 'providers' | 'saveProvider' | 'placeKinds' | 'savePlaceKind'>;

function ownFiles(file: SettingsFile): OwnFiles {
  const save = async (member: 'providers' | 'placeKinds', id: string, path: string | null) =>
    await file.write((before) => {
      const { [id]: _, ...others } = before[member];
      return { ...before, [member]: path === null ? others : { ...others, [id]: path } };
    });
  return {
    providers: () => file.content().providers,
    saveProvider: async (id, path) => await save('providers', id, path),
    placeKinds: () => file.content().placeKinds,
    savePlaceKind: async (id, path) => await save('placeKinds', id, path),
  };
}

function profiles(
  file: SettingsFile,
): Pick<Settings, 'profiles' | 'profile' | 'saveProfile' | 'removeProfile'> {
  return {
    profiles: () => Object.entries(file.content().profiles).map(([name, rest]) => ({ name, ...rest })),
    profile: (name) => profileOf(file, name),
    async saveProfile({ name, ...rest }) {
      checkProfileName(name);
      await file.write((before) => ({ ...before, profiles: { ...before.profiles, [name]: rest } }));
    },
    async removeProfile(name) {
      profileOf(file, name);
      await file.write((before) => {
        const { [name]: _, ...others } = before.profiles;
        const { profile: current, ...settings } = before.settings;
        return { ...before, settings: current === name ? settings : before.settings, profiles: others };
      });
    },
  };
}

/** Throws `profile_not_found`. */
function profileOf(file: SettingsFile, name: string): Profile {
  const { profiles: all } = file.content();
  const found = all[name];
  if (found !== undefined && Object.hasOwn(all, name)) return { name, ...found };
  const names = Object.keys(all);
  throw new KeysError('profile_not_found', `no such profile: ${name}`, {
    ...(names.length > 0 ? { hint: `there is ${names.join(', ')}` } : { next: 'log_in' as const }),
  });
}

/**
 * Writes the settings as `change` returns them and returns them too. conf composes the bytes; our file module
 * locks, writes and renames. Throws `settings_unreadable` if the file or its folder cannot be written.
 */
async function changeContent(
  directory: string,
  path: string,
  change: (before: Content) => Content,
): Promise<Content | undefined> {
  const { default: Conf } = await import('conf');
  let next: Content | undefined;
  try {
    makeFolder(directory);
    await changeFile(path, { maxBytes: MAX_BYTES }, () => {
      next = change(readContent(path));
      return composed(new Conf({ cwd: directory, configName: draftName(), configFileMode: 0o600 }), next);
    });
  } catch (error) {
    if (error instanceof KeysError && error.code === 'settings_unreadable') throw error;
    throw new KeysError('settings_unreadable', `cannot write the settings: ${path}`, {
      hint: 'change the permissions of the folder, or set KEYS_CONFIG_DIR to another',
      cause: error,
    });
  }
  return next;
}

const draftName = () => `config.${crypto.randomUUID()}`;

/** The bytes that conf makes of the settings: written to a file of its own, read back, and removed. */
function composed(
  store: { readonly path: string; store: Record<string, unknown> },
  content: Content,
): Uint8Array {
  try {
    store.store = { ...content };
    const bytes = readWhole(store.path, MAX_BYTES);
    // A full disk may have cut it.
    checkContent(JSON.parse(bytes?.toString('utf8') ?? ''));
    return bytes ?? Buffer.alloc(0);
  } finally {
    removeFile(store.path);
  }
}

/** Throws `usage` for a name that would not do in a file, an environment variable and a keychain. */
export function checkProfileName(name: string): void {
  if (SETTINGS.profile.pattern.test(name) && name !== '__proto__') return;
  throw new KeysError('usage', `not a name for a profile: ${JSON.stringify(name)}`, {
    hint: 'small letters, digits, - and _, such as team-live',
  });
}

function settingName(name: string): SettingName {
  if (Object.hasOwn(SETTINGS, name)) return name as SettingName;
  throw new KeysError('usage', `no such setting: ${name}`, {
    hint: `one of ${Object.keys(SETTINGS).join(', ')}`,
  });
}

function readContent(path: string): Content {
  try {
    const bytes = readWhole(path, MAX_BYTES);
    if (bytes === null) return { settings: {}, profiles: {}, providers: {}, placeKinds: {} };
    return checkContent(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): KeysError {
  return new KeysError('settings_unreadable', `the settings file cannot be read: ${path}${wrongIn(cause)}`, {
    hint: 'it was left as it is: fix it, or move it away to start anew',
    cause,
  });
}

function checkContent(value: unknown): Content {
  const content = isRecordAt('the whole', value) as Partial<Record<keyof Content, unknown>>;
  const { settings = {}, profiles = {}, providers = {}, placeKinds = {} } = content;
  for (const [name, text] of membersOf('settings', settings)) checkSetting(name, text);
  for (const [member, files] of Object.entries({ providers, placeKinds }))
    for (const [id, file] of membersOf(member, files)) isTextAt(`${member}.${id}`, file);
  for (const [name, profile] of membersOf('profiles', profiles)) checkProfile(`profiles.${name}`, profile);
  return { settings, profiles, providers, placeKinds } as Content;
}

const membersOf = (member: string, value: unknown) => Object.entries(isRecordAt(member, value));

/**
 * A setting that is not what it may be must not be taken for the default. A later version may know others.
 */
function checkSetting(name: string, value: unknown): void {
  const text = isTextAt(`settings.${name}`, value);
  if (!Object.hasOwn(SETTINGS, name)) return;
  const { pattern, like } = SETTINGS[name as SettingName];
  requireMember(pattern.test(text), `settings.${name}`, like);
}

function checkProfile(at: string, value: unknown): void {
  const { set = {}, ...texts } = isRecordAt(at, value);
  for (const [name, text] of Object.entries(texts)) isTextAt(`${at}.${name}`, text);
  for (const [name, text] of membersOf(`${at}.set`, set)) isTextAt(`${at}.set.${name}`, text);
  const { base_url } = texts;
  if (base_url !== undefined)
    requireMember(
      URL.canParse(String(base_url)),
      `${at}.base_url`,
      'an address such as https://keys.example.com',
    );
}
