/** What comes in on stdin. */
export interface Input {
  /** Whether stdin is a terminal. */
  readonly isTerminal: boolean;
  /** All of stdin as UTF-8; throws `usage` past `maxBytes` (default 64 KiB). */
  readText(maxBytes?: number): Promise<string>;
  /** The same as bytes, exactly as they came. */
  readBytes(maxBytes?: number): Promise<Uint8Array>;
}
