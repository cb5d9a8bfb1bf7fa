import { createRequire } from 'node:module';
import { openSqlite, sqliteModuleName } from '../storage/sql/sqlite-driver.js';

export interface VersionFacts {
  /** Of this package. */
  readonly version: string;
  /** As Node tells them. */
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly arch: string;
}

const require = createRequire(import.meta.url);

/** What a bug report should say, by name: each with its version, or why there is none. */
export function versionsOf({ version, versions, platform, arch }: VersionFacts): Record<string, string> {
  return {
    keys: version,
    node: versions['node'] ?? 'unknown',
    v8: versions['v8'] ?? 'unknown',
    openssl: versions['openssl'] ?? 'unknown',
    sqlite: sqliteVersion(),
    keytar: installed('keytar'),
    '@napi-rs/keyring': installed('@napi-rs/keyring'),
    platform: `${platform} ${arch}`,
  };
}

function sqliteVersion(): string {
  try {
    const connection = openSqlite(':memory:', 0);
    const [row] = connection.prepare('SELECT sqlite_version() AS version').all() as Array<{
      version: string;
    }>;
    connection.close();
    return `${row?.version ?? 'unknown'} (${sqliteModuleName()})`;
  } catch (error) {
    return `cannot be loaded: ${firstLine(error)}`;
  }
}

/** The version of an installed library. One that does not load usually misses a system library. */
function installed(name: string): string {
  let version: string;
  try {
    ({ version } = require(`${name}/package.json`) as { version: string });
  } catch {
    return 'not installed';
  }
  try {
    require(name);
    return version;
  } catch (error) {
    return `${version}, cannot be loaded: ${firstLine(error)}`;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? '';
}
