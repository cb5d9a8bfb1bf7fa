/** What one caller may cost. Times in milliseconds. */
export interface ServerLimits {
  /** From the first byte, or from the connection where none comes, to the end of the headers. */
  readonly headersMs: number;
  /** The same to the end of the body. */
  readonly requestMs: number;
  /** A connection on which nothing moves, in either direction. */
  readonly idleMs: number;
  /** How often the first two are looked at. */
  readonly checkMs: number;
}

export const DEFAULT_LIMITS: ServerLimits = {
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 60_000,
  checkMs: 1_000,
};

export const MOST_BODY_BYTES = 64 * 1024;
/** Request line and headers together; past that Node sends 431 itself. */
export const MOST_HEADER_BYTES = 16 * 1024;
/** Of path and query. */
export const MOST_ADDRESS_LENGTH = 8 * 1024;
