import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Whom a connection is for, as a line of the password file names it. */
interface DatabaseLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password that PostgreSQL's password file has for a connection (`PGPASSFILE`, else `~/.pgpass`), or
 * undefined. As in libpq, a file that others may read is not used, and neither is one that is not there.
 * https://www.postgresql.org/docs/current/libpq-pgpass.html
 */
export function filedPassword(env: Env, login: DatabaseLogin): string | undefined {
  const path = env['PGPASSFILE'] || ownFile(env);
  if (path === undefined) return undefined;
  try {
    const { mode } = statSync(path);
    // Windows has no such rights to look at.
    if (env['APPDATA'] === undefined && (mode & 0o077) !== 0) return undefined;
    return passwordIn(readFileSync(path, 'utf8'), login);
  } catch {
    return undefined;
  }
}

function ownFile(env: Env): string | undefined {
  if (env['APPDATA']) return join(env['APPDATA'], 'postgresql', 'pgpass.conf');
  return env['HOME'] ? join(env['HOME'], '.pgpass') : undefined;
}

/**
 * The first line that fits, `host:port:database:user:password`; `*` fits all, a backslash takes `:` and
 * itself literally.
 */
export function passwordIn(text: string, { host, port, database, user }: DatabaseLogin): string | undefined {
  for (const line of text.split(/\r?\n/)) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map((found) =>
      (found[1] ?? '').replace(/\\(.)/g, '$1'),
    );
    const fits = [host, String(port), database, user].every(
      (wanted, i) => fields[i] === '*' || fields[i] === wanted,
    );
    if (fits) return fields[4];
  }
  return undefined;
}
