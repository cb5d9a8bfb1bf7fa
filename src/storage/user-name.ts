import { hostname, userInfo } from 'node:os';

/**
 * Returns the name of the user who runs this program. Null if neither the system nor `USER` says it, as in
 * some containers.
 */
export function userName(env: Readonly<Record<string, string | undefined>>): string | null {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] || env['USERNAME'] || null;
  }
}

/** Returns what this machine is called: `KEYS_MACHINE`, for one whose host name changes, or its host name. */
export function machineName(env: Readonly<Record<string, string | undefined>>): string {
  return env['KEYS_MACHINE'] || hostname();
}
