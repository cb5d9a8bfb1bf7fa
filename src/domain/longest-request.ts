/**
 * The longest time from the sending of a request to the end of its response, in milliseconds; the request of
 * a program that was killed has reached the server by then, or never will. A request that creates something
 * without an idempotency key is sent once.
 */
export const LONGEST_REQUEST_MS = 60_000;
