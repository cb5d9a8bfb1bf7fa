import { Chalk } from 'chalk';
import { messages } from './messages.js';
import type { Column, Output } from './output.js';
import { type TextSink, writeData } from './text-sink.js';
import { fitText, textWidth } from './text-width.js';
import { visibleText } from './visible-text.js';

/** Rows of one table: a longer list goes on in a next one, so that memory stays flat. */
const CHUNK = 200;
const NARROWEST = 6;
const GAP = '  ';

/** Tables and colour for a person; colour only where `color` says so. */
export function createTerminalOutput(stdout: TextSink, stderr: TextSink, color: boolean): Output {
  const chalk = new Chalk({ level: color ? 1 : 0 });

  async function table<Row>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    heading: boolean,
  ): Promise<void> {
    const cells = rows.map((row) => columns.map((column) => visibleText(column.human(row))));
    const widths = fitWidths(
      columns.map((column, i) =>
        Math.max(...[column.title, ...cells.map((row) => row[i] ?? '')].map(textWidth)),
      ),
      stdout.columns,
    );
    const line = (texts: readonly string[]) =>
      texts
        .map((text, i) => fitText(text, widths[i] ?? 0, columns[i]?.align))
        .join(GAP)
        .trimEnd();
    const titles = heading ? [chalk.dim(line(columns.map((column) => column.title.toUpperCase())))] : [];
    await writeData(stdout, `${[...titles, ...cells.map(line)].join('\n')}\n`);
  }

  return {
    format: 'text',
    human: true,
    async list<Row>(rows: AsyncIterable<Row>, columns: readonly Column<Row>[]) {
      let chunk: Row[] = [];
      let heading = true;
      for await (const row of rows) {
        chunk.push(row);
        if (chunk.length === CHUNK) {
          await table(chunk, columns, heading);
          heading = false;
          chunk = [];
        }
      }
      if (chunk.length > 0) await table(chunk, columns, heading);
    },
    async record(_json, fields) {
      const width = Math.max(...fields.map(([title]) => title.length));
      await writeData(
        stdout,
        fields.map(([title, value]) => `${chalk.dim(title.padEnd(width))}  ${visibleText(value)}\n`).join(''),
      );
    },
    print: (text) => writeData(stdout, text),
    ...messages(stderr, { warning: chalk.yellow, hint: chalk.cyan }),
  };
}

/** Narrows the widest columns, one cell at a time, until the table fits. */
function fitWidths(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - available;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess--;
  }
  return widths;
}
