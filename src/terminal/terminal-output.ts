import { Chalk } from 'chalk';
import Table from 'cli-table3';
import { messages } from './messages.js';
import type { Column, Output, Tone } from './output.js';
import { type OpenPagedText, type PagedText, unpaged } from './pager.js';
import { type TextSink, writeData } from './text-sink.js';
import { fitText, textWidth } from './text-width.js';
import { printable, visibleText } from './visible-text.js';

/** Rows of one table: a longer list goes on in a next one, so that memory stays flat. */
const CHUNK = 200;
/** Columns are narrowed to this width before spare ones are left out, and to the next one where that is not enough. */
const NARROWEST = 9;
const NARROWEST_OF_ALL = 3;
const GAP = '  ';

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((place) => [place, '']),
);

interface TerminalChoices {
  readonly color: boolean;
  /** Absent: nothing is paged. */
  readonly openPaged?: OpenPagedText;
}

/** Tables and colour for a person; colour only where `color` says so. */
export function createTerminalOutput(
  stdout: TextSink,
  stderr: TextSink,
  { color, openPaged = unpaged }: TerminalChoices,
): Output {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  const tones = { good: chalk.green, warning: chalk.yellow, bad: chalk.red, quiet: chalk.dim };
  const paint = (tone: Tone | undefined, text: string) => (tone === undefined ? text : tones[tone](text));
  const messaging = messages(stderr, { warning: chalk.yellow, hint: chalk.cyan });

  async function table<Row>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    heading: boolean,
    paged: PagedText,
  ): Promise<readonly Column<Row>[]> {
    const cells = columns.map((column) => rows.map((row) => visibleText(column.human(row))));
    const natural = columns.map(({ title }, i) => Math.max(...[title, ...(cells[i] ?? [])].map(textWidth)));
    const fitted = fitColumns(columns, natural, stdout.columns);
    const printed = new Table({
      colWidths: fitted.map(({ width }) => width),
      chars: { ...NO_BORDERS, middle: GAP },
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    });
    // The library pads and joins. Texts are cut here: it would cut between the halves of a character.
    const heads = () => fitted.map(({ at, width }) => fitText(columns[at]?.title.toUpperCase() ?? '', width));
    if (heading) printed.push(heads().map((text) => chalk.dim(text)));
    printed.push(
      ...rows.map((row, number) =>
        fitted.map(({ at, width }) =>
          paint(columns[at]?.tone?.(row), fitText(cells[at]?.[number] ?? '', width)),
        ),
      ),
    );
    const lines = printed
      .toString()
      .split('\n')
      .map((line) => line.trimEnd());
    await paged.write(`${lines.join('\n')}\n`);
    return columns.filter((_, i) => fitted.some(({ at }) => at === i));
  }

  return {
    format: 'text',
    human: true,
    width: stdout.columns,
    async list<Row>(
      rows: AsyncIterable<Row> | Iterable<Row>,
      columns: readonly Column<Row>[],
      none?: string,
    ) {
      const paged = openPaged(stdout);
      let chunk: Row[] = [];
      let heading = true;
      // What the first rows had no place for is left out of the later ones too.
      let shown = columns;
      try {
        for await (const row of rows) {
          chunk.push(row);
          if (chunk.length === CHUNK) {
            shown = await table(chunk, shown, heading, paged);
            heading = false;
            chunk = [];
          }
        }
        if (chunk.length > 0) await table(chunk, shown, heading, paged);
        else if (heading && none !== undefined) messaging.say(none);
      } finally {
        await paged.finish();
      }
    },
    async record(_json, fields) {
      const width = Math.max(...fields.map(([title]) => title.length));
      await writeData(
        stdout,
        fields
          .map(
            ([title, value, tone]) =>
              `${chalk.dim(title.padEnd(width))}  ${paint(tone, visibleText(value))}\n`,
          )
          .join(''),
      );
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

interface FittedColumn {
  /** Its place among all columns. */
  readonly at: number;
  readonly width: number;
}

/** The columns that there is place for, each as wide as it can be: spare ones go first, then the widest are narrowed. */
function fitColumns<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  available: number,
): FittedColumn[] {
  let shown = columns.map((_, at) => at);
  let narrowest = NARROWEST;
  const least = (at: number) =>
    columns[at]?.whole ? (natural[at] ?? 0) : Math.min(natural[at] ?? 0, narrowest);
  const total = (width: (at: number) => number) =>
    shown.reduce((sum, at) => sum + width(at), 0) + GAP.length * (shown.length - 1);
  while (total(least) > available) {
    const spare = shown.reduce((most, at) => Math.max(most, columns[at]?.spare ?? 0), 0);
    if (spare === 0) break;
    shown = shown.filter((at) => columns[at]?.spare !== spare);
  }
  if (total(least) > available) narrowest = NARROWEST_OF_ALL;
  const widths = [...natural];
  for (let excess = total((at) => widths[at] ?? 0) - available; excess > 0; excess--) {
    const narrowed = shown.filter((at) => (widths[at] ?? 0) > least(at));
    const widest = Math.max(...narrowed.map((at) => widths[at] ?? 0));
    if (narrowed.length === 0) break;
    widths[narrowed.find((at) => widths[at] === widest) ?? 0] = widest - 1;
  }
  return shown.map((at) => ({ at, width: widths[at] ?? 0 }));
}
