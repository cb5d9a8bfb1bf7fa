import { isRecord } from '../domain/is-record.js';

/** A member of a stored file that this program has not written so. */
class WrongMember extends Error {}

/** Throws for a member that does not hold what it must. Its value is not repeated: it may be a secret. */
export function requireMember(holds: boolean, member: string, wanted: string): void {
  if (!holds) throw new WrongMember(`${member} must be ${wanted}`);
}

/** The value, which must be text. */
export function isTextAt(member: string, value: unknown): string {
  requireMember(typeof value === 'string', member, 'text');
  return String(value);
}

/** The value, which must be an object. */
export function isRecordAt(member: string, value: unknown): Record<string, unknown> {
  requireMember(isRecord(value), member, 'an object');
  return value as Record<string, unknown>;
}

/** What is wrong in a file, for the end of a message that names the file; empty where nothing is known. */
export function wrongIn(error: unknown): string {
  if (error instanceof WrongMember) return `: ${error.message}`;
  // The parser's own words quote the text, which may hold secrets.
  return error instanceof SyntaxError ? ': it is no JSON, or was cut short' : '';
}
