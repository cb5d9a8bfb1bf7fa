import { printable, visibleDocument } from '../domain/visible-text.js';
import { asShown } from '../domain/whole-seconds.js';
import { messages, type Wrap } from './messages.js';
import type { Output } from './output.js';
import { batchedWrites, type TextSink, writeData } from './text-sink.js';

/**
 * Data alone: a list is an array with a line for each item, written in batches as they come; one thing is one
 * object.
 */
export function createJsonOutput(stdout: TextSink, stderr: TextSink, wrap?: Wrap): Output {
  // On a terminal, characters that it would obey are escaped: the data stay the same.
  const text = (value: unknown, indent?: number) => {
    const json = jsonText(asShown(value), indent);
    return stdout.isTerminal ? visibleDocument(json) : json;
  };
  return {
    format: 'json',
    human: false,
    width: stdout.columns,
    async list(rows) {
      const written = batchedWrites(stdout);
      let before = '[\n';
      for await (const row of rows) {
        await written.add(before + text(row));
        before = ',\n';
      }
      await written.add(before === '[\n' ? '[]\n' : '\n]\n');
      await written.flush();
    },
    record: (json) => writeData(stdout, `${text(json, 2)}\n`),
    print: (document) => writeData(stdout, stdout.isTerminal ? printable(document) : document),
    page: (text) => writeData(stdout, text),
    paint: (_tone, text) => text,
    ...messages(stderr, wrap),
  };
}

/**
 * A lone surrogate as `JSON.stringify` writes it; behind it an even number of backslashes, which stand for
 * themselves.
 */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g;

/** JSON that every reader takes: jq and others refuse half a surrogate pair, so U+FFFD stands for it. */
export function jsonText(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return text.includes('\\ud') ? text.replace(LONE_SURROGATE, '$1\ufffd') : text;
}
