import { visibleText } from '../domain/visible-text.js';
import { messages, type Wrap } from './messages.js';
import { betweenRecords, type Output } from './output.js';
import { batchedWrites, type TextSink, writeData } from './text-sink.js';

/**
 * Text for a pipe: tab-separated, ISO times, no heading, no colour; a tab or a line break in a value is shown
 * as an escape.
 */
export function createPlainOutput(stdout: TextSink, stderr: TextSink, wrap?: Wrap): Output {
  const between = betweenRecords();
  return {
    format: 'text',
    human: false,
    width: stdout.columns,
    async list(rows, columns) {
      const written = batchedWrites(stdout);
      try {
        for await (const row of rows) {
          await written.add(`${columns.map((column) => visibleText(column.plain(row))).join('\t')}\n`);
        }
      } finally {
        await written.flush();
      }
    },
    async record(_json, fields) {
      const lines = fields.map(([title, value]) => `${title}\t${visibleText(value)}\n`);
      await writeData(stdout, between() + lines.join(''));
    },
    print: (text) => writeData(stdout, text),
    page: (text) => writeData(stdout, text),
    paint: (_tone, text) => text,
    ...messages(stderr, wrap),
  };
}
