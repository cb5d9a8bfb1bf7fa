import { KeysError } from '../domain/errors.js';
import type { TextSink } from './text-sink.js';

/** What comes in on stdin. */
export interface Input {
  /** Whether stdin is a terminal. */
  readonly isTerminal: boolean;
  /**
   * Stops the terminal from showing what is typed while there is no prompt. Does nothing without a terminal.
   */
  hideTyping(): void;
  /** Lets the terminal show what is typed, as at the start. */
  showTyping(): void;
  /** All of stdin as UTF-8; throws `usage` past `maxBytes` (default 64 KiB). */
  readText(maxBytes?: number): Promise<string>;
  /** The same as bytes, exactly as they came. */
  readBytes(maxBytes?: number): Promise<Uint8Array>;
  /**
   * Stdin line by line as UTF-8, without line ends; throws `usage` for a line of more than a million
   * characters.
   */
  readLines(): AsyncIterable<string>;
}

/**
 * A Node stream as a sink. Its `error` events are heard here, so that a broken pipe is a rejected write and
 * not a crash.
 */
export function textSink(stream: NodeJS.WriteStream): TextSink {
  let failure: Error | undefined;
  stream.on('error', (error) => {
    failure = error;
  });
  return {
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
    write(text) {
      if (failure) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        stream.write(text, (error) => (error ? reject(error) : resolve()));
      });
    },
  };
}

/** Most bytes of stdin that are read where a command names no other bound. */
const MOST_BYTES = 64 * 1024;

/** Most characters in a line of stdin. */
const MOST_IN_LINE = 1_000_000;

async function* linesOf(stream: NodeJS.ReadStream): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MOST_IN_LINE)
      throw new KeysError('usage', `a line of more than ${MOST_IN_LINE} characters`);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/**
 * Text as programs write it: UTF-8, or UTF-16 with a byte order mark or without, as PowerShell and Windows
 * editors do. A byte order mark is left out. Throws `usage` for bytes that are no text.
 */
export function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new KeysError('usage', 'what came on stdin is not text', { hint: 'send it as UTF-8' });
  }
}

/** ASCII in UTF-16 has a NUL in every pair of bytes; no text of keys has one in UTF-8. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (bytes.length < 2 || bytes.length % 2 !== 0) return 'utf-8';
  if (first !== 0 && second === 0) return 'utf-16le';
  return first === 0 && second !== 0 ? 'utf-16be' : 'utf-8';
}

export function textInput(stream: NodeJS.ReadStream): Input {
  async function readBytes(maxBytes = MOST_BYTES): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new KeysError('usage', `more than ${maxBytes} bytes on stdin`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }
  // In raw mode the terminal shows nothing by itself.
  const setRawMode = (raw: boolean) => {
    if (stream.isTTY) stream.setRawMode(raw);
  };
  return {
    isTerminal: stream.isTTY === true,
    hideTyping: () => setRawMode(true),
    showTyping: () => setRawMode(false),
    readBytes,
    readText: async (maxBytes) => decodeText(await readBytes(maxBytes)),
    readLines: () => linesOf(stream),
  };
}
