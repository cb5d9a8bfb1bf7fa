import { Chalk } from 'chalk';
import { printable, visibleText } from '../domain/visible-text.js';
import { linkingSink, withHyperlinks } from './hyperlinks.js';
import { messages, type Wrap } from './messages.js';
import { betweenRecords, type Column, type Output, type RecordField, type Tone } from './output.js';
import { type OpenPagedText, type PagedText, unpaged } from './pager.js';
import { type TableStyle, writeTable } from './table.js';
import { type TextSink, writeData } from './text-sink.js';
import { wrapValue } from './wrap-lines.js';

/** Rows of one table: a longer list goes on in a next one, so that memory stays flat. */
const CHUNK = 200;
interface TerminalChoices {
  readonly color: boolean;
  /** Whether addresses in records and tables are links. Those in messages are up to the sink. */
  readonly links?: boolean;
  /** Leaves out what a narrow screen has no place for without a word. */
  readonly quiet?: boolean;
  /** Absent: messages stay in one line. */
  readonly wrap?: Wrap | undefined;
  /** Absent: nothing is paged. */
  readonly openPaged?: OpenPagedText;
}

/** Tables and colour for a person; colour only where `color` says so. */
export function createTerminalOutput(
  stdout: TextSink,
  stderr: TextSink,
  { color, links = false, quiet = false, wrap, openPaged = unpaged }: TerminalChoices,
): Output {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  const tones = { good: chalk.green, warning: chalk.yellow, bad: chalk.red, quiet: chalk.dim };
  const paint = (tone: Tone | undefined, text: string) => (tone === undefined ? text : tones[tone](text));
  const { note, ...messaging } = messages(stderr, wrap, {
    ...{ warning: chalk.yellow, hint: chalk.cyan, note: chalk.dim },
  });
  const between = betweenRecords();
  const style: TableStyle = { width: stdout.columns, heading: chalk.dim, paint };

  return {
    format: 'text',
    human: true,
    width: stdout.columns,
    async list<Row>(
      rows: AsyncIterable<Row> | Iterable<Row>,
      columns: readonly Column<Row>[],
      none?: string,
    ) {
      // A pager gets no links: an older one shows their bytes.
      const paged = openPaged(links ? linkingSink(stdout) : stdout);
      let shown: readonly Column<Row>[] | null = null;
      try {
        shown = await writeRows(rows, columns, style, paged);
        if (shown === null && none !== undefined) messaging.say(none);
      } finally {
        await paged.finish();
      }
      if (shown === null || quiet) return;
      const left = columns.filter((column) => !shown?.includes(column)).map(({ title }) => title);
      if (left.length > 0) note(`not shown at this width: ${left.join(', ')}; --json has all`);
    },
    async record(_json, fields) {
      const text = between() + recordText(fields, { dim: chalk.dim, paint, columns: stdout.columns });
      await writeData(stdout, links ? withHyperlinks(text) : text);
    },
    print: (document) => writeData(stdout, printable(document)),
    async page(text) {
      const paged = openPaged(stdout);
      try {
        await paged.write(text);
      } finally {
        await paged.finish();
      }
    },
    paint,
    ...messaging,
  };
}

/** Writes rows as tables of bounded length. Returns the columns that there was place for; null: no row. */
async function writeRows<Row>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  columns: readonly Column<Row>[],
  style: TableStyle,
  paged: PagedText,
): Promise<readonly Column<Row>[] | null> {
  let chunk: Row[] = [];
  // What the first rows had no place for is left out of the later ones too.
  let shown: readonly Column<Row>[] | null = null;
  const write = async () => {
    const look = shown === null ? style : { ...style, heading: null };
    shown = await writeTable(chunk, shown ?? columns, look, paged);
    chunk = [];
  };
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length === CHUNK) await write();
  }
  if (chunk.length > 0) await write();
  return shown;
}

/** Each field with its value beside its title. A long value goes on below, broken at words. */
function recordText(
  fields: readonly RecordField[],
  look: { dim: (text: string) => string; paint: TableStyle['paint']; columns: number },
): string {
  const { dim, paint, columns } = look;
  const width = Math.max(0, ...fields.map(([title]) => title.length));
  return fields
    .map(([title, value, tone]) => {
      const shown = wrapValue(visibleText(value), columns, width + 2);
      return `${dim(title.padEnd(width))}  ${paint(tone, shown)}\n`;
    })
    .join('');
}
