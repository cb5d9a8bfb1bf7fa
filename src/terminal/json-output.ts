import { batchedWrites } from './batched-writes.js';
import { messages } from './messages.js';
import type { Output } from './output.js';
import { type TextSink, writeData } from './text-sink.js';

/** Data alone: a list is an array with a line for each item, written in batches as they come; one thing is one object. */
export function createJsonOutput(stdout: TextSink, stderr: TextSink): Output {
  return {
    format: 'json',
    human: false,
    async list(rows) {
      const written = batchedWrites(stdout);
      let before = '[\n';
      for await (const row of rows) {
        await written.add(before + JSON.stringify(row));
        before = ',\n';
      }
      await written.add(before === '[\n' ? '[]\n' : '\n]\n');
      await written.flush();
    },
    record: (json) => writeData(stdout, `${JSON.stringify(json, null, 2)}\n`),
    print: (text) => writeData(stdout, text),
    ...messages(stderr),
  };
}
