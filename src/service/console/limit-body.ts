import { bodyLimit } from 'hono/body-limit';
import { KeysError } from '../../domain/errors.js';
import { MOST_BODY_BYTES } from '../http/limits.js';

/** Refuses a form that is too long before it is read. Throws `payload_too_large`, which becomes a page. */
export const limitBody = bodyLimit({
  maxSize: MOST_BODY_BYTES,
  onError() {
    throw new KeysError('payload_too_large', 'the form is too long', {
      hint: 'go back, shorten what you entered, and send it again; nothing was changed',
    });
  },
});
