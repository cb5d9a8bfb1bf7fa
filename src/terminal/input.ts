/** What comes in on stdin. */
export interface Input {
  /** Whether stdin is a terminal. */
  readonly isTerminal: boolean;
  /** All of stdin as UTF-8; throws `usage` past `maxBytes` (default 64 KiB). */
  readText(maxBytes?: number): Promise<string>;
  /** The same as bytes, exactly as they came. */
  readBytes(maxBytes?: number): Promise<Uint8Array>;
  /** Stdin line by line as UTF-8, without line ends; throws `usage` for a line of more than a million characters. */
  readLines(): AsyncIterable<string>;
}
