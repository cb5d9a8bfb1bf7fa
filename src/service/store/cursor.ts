import { KeysError } from '../../domain/errors.js';

interface Position {
  readonly created_at: number;
  readonly id: string;
}

/** Where a page ended, as opaque text. */
export function encodeCursor(at: Position): string {
  return Buffer.from(`${at.created_at} ${at.id}`).toString('base64url');
}

/** Throws `invalid_request` for a text that no page ended with. */
export function decodeCursor(cursor: string): Position {
  const match = /^(\d{1,16}) (\w{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2]) {
    throw new KeysError('invalid_request', 'the cursor is not one of ours', {
      hint: 'take next_cursor from the page before, as it is',
    });
  }
  return { created_at: Number(match[1]), id: match[2] };
}
