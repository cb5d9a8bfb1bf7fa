import { KeysError } from '../domain/errors.js';
import type { Input } from './input.js';
import type { TextSink } from './text-sink.js';

/** A Node stream as a sink. Its `error` events are heard here, so that a broken pipe is a rejected write and not a crash. */
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
  return {
    isTerminal: stream.isTTY === true,
    readBytes,
    readText: async (maxBytes) => (await readBytes(maxBytes)).toString('utf8'),
    readLines: () => linesOf(stream),
  };
}
