import { KeysError } from '../../domain/errors.js';

interface Place {
  readonly created_at: number;
  readonly id: string;
}

/** Where a page ended, as opaque text. */
export function encodeCursor(place: Place): string {
  return Buffer.from(`${place.created_at} ${place.id}`).toString('base64url');
}

/** Throws `invalid_request` for a text that no page ended with. */
export function decodeCursor(cursor: string): Place {
  const match = /^(\d{1,16}) (\w{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (!match?.[1] || !match[2]) {
    throw new KeysError('invalid_request', 'the cursor is not one of ours', {
      hint: 'take next_cursor from the page before, as it is',
    });
  }
  return { created_at: Number(match[1]), id: match[2] };
}
