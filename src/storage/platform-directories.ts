import { join } from 'node:path';
import { KeysError } from '../domain/errors.js';

export interface Directories {
  /** Settings and, where asked for, the credentials file. */
  readonly config: string;
  /** The embedded service's database. */
  readonly data: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The platform's folders for this tool: XDG on Linux and other Unixes, Library on macOS, AppData on Windows;
 * `KEYS_CONFIG_DIR` and `KEYS_DATA_DIR` before them. Throws `data_unwritable` where there is no home to put
 * them in.
 */
export function platformDirectories(env: Env, platform: string, homeDirectory: () => string): Directories {
  const home = (...path: string[]) => join(homeOf(env, homeDirectory), ...path);
  const absolute = (name: string) => {
    const value = env[name];
    // XDG: a path that is not absolute is to be ignored.
    return value?.startsWith('/') || /^[A-Za-z]:[\\/]/.test(value ?? '') ? value : undefined;
  };
  const own = { config: env['KEYS_CONFIG_DIR'] || undefined, data: env['KEYS_DATA_DIR'] || undefined };
  if (platform === 'darwin') {
    return {
      config: own.config ?? home('Library', 'Preferences', 'keys'),
      data: own.data ?? home('Library', 'Application Support', 'keys'),
    };
  }
  if (platform === 'win32') {
    return {
      config: own.config ?? join(absolute('APPDATA') ?? home('AppData', 'Roaming'), 'keys'),
      data: own.data ?? join(absolute('LOCALAPPDATA') ?? home('AppData', 'Local'), 'keys'),
    };
  }
  return {
    config: own.config ?? join(absolute('XDG_CONFIG_HOME') ?? home('.config'), 'keys'),
    data: own.data ?? join(absolute('XDG_DATA_HOME') ?? home('.local', 'share'), 'keys'),
  };
}

function homeOf(env: Env, homeDirectory: () => string): string {
  try {
    const home = env['HOME'] || homeDirectory();
    if (home) return home;
  } catch {
    // A user without an entry in the system's database: told below.
  }
  throw new KeysError('data_unwritable', 'there is no home directory to keep settings and keys in', {
    hint: 'set HOME, or KEYS_CONFIG_DIR and KEYS_DATA_DIR',
  });
}
