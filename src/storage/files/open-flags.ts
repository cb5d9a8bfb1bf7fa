import { constants } from 'node:fs';

/** Opens a pipe without waiting for its other end. Windows has no such flag, nor the next one. */
export const NEVER_WAIT = constants.O_NONBLOCK ?? 0;
/** What was no link a moment ago must be none now. */
export const NO_LINK = constants.O_NOFOLLOW ?? 0;
