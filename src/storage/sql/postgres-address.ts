import { KeysError } from '../../domain/errors.js';

/** Whether a text begins as the address of a PostgreSQL database does. */
export function isPostgresAddress(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text);
}

/** An address as a URL. Throws `usage`, without showing it, for any other text. */
export function readPostgresAddress(text: string): URL {
  if (isPostgresAddress(text)) return new URL(text);
  throw new KeysError('usage', 'not the address of a PostgreSQL database', {
    hint: 'postgres://user@host:port/database; without one, the keys are in SQLite in the data directory',
  });
}

/** Whether an address holds a password. */
export function holdsPassword({ password, searchParams }: URL): boolean {
  return password !== '' || searchParams.has('password');
}
