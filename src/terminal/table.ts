import Table from 'cli-table3';
import { visibleText } from '../domain/visible-text.js';
import type { Column, Tone } from './output.js';
import type { PagedText } from './pager.js';
import { fitText, textWidth } from './text-width.js';

/**
 * Columns are narrowed to this width before spare ones are left out, and to the next one where that is not
 * enough.
 */
const NARROWEST = 9;
const NARROWEST_OF_ALL = 3;
const GAP = '  ';

const NO_BORDERS = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((place) => [place, '']),
);

export interface TableStyle {
  /** Of the terminal, in characters. */
  readonly width: number;
  /** How the titles look; null: no titles. */
  readonly heading: ((title: string) => string) | null;
  readonly paint: (tone: Tone | undefined, text: string) => string;
}

/** Writes rows as a table. Returns the columns that there was place for. */
export async function writeTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  { width: available, heading, paint }: TableStyle,
  paged: PagedText,
): Promise<readonly Column<Row>[]> {
  const cells = columns.map((column) => rows.map((row) => visibleText(column.human(row))));
  const natural = columns.map(({ title }, i) => Math.max(...[title, ...(cells[i] ?? [])].map(textWidth)));
  const fitted = fitColumns(columns, natural, available);
  const printed = new Table({
    colWidths: fitted.map(({ width }) => width),
    chars: { ...NO_BORDERS, middle: GAP },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
  });
  // The library pads and joins. Texts are cut here: it would cut between the halves of a character.
  if (heading !== null) {
    printed.push(
      fitted.map(({ at, width }) => heading(fitText(columns[at]?.title.toUpperCase() ?? '', width))),
    );
  }
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

interface FittedColumn {
  /** Its place among all columns. */
  readonly at: number;
  readonly width: number;
}

/**
 * The columns that there is place for, each as wide as it can be: spare ones go first, then the widest are
 * narrowed.
 */
function fitColumns<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  available: number,
): FittedColumn[] {
  let shown = columns.map((_, at) => at);
  let narrowestOf = ({ readable = NARROWEST }: Column<Row>) => readable;
  const least = (at: number) => {
    const [column, width = 0] = [columns[at], natural[at]];
    return column === undefined || column.whole ? width : Math.min(width, narrowestOf(column));
  };
  const total = (width: (at: number) => number) =>
    shown.reduce((sum, at) => sum + width(at), 0) + GAP.length * (shown.length - 1);
  while (total(least) > available) {
    const spare = shown.reduce((most, at) => Math.max(most, columns[at]?.spare ?? 0), 0);
    if (spare === 0) break;
    shown = shown.filter((at) => columns[at]?.spare !== spare);
  }
  if (total(least) > available) {
    narrowestOf = () => NARROWEST_OF_ALL;
    // A line that is too long in any case is wrapped by the terminal: no cell need be cut for it.
    if (total(least) > available) narrowestOf = ({ readable = NARROWEST }) => readable;
  }
  const widths = [...natural];
  for (let excess = total((at) => widths[at] ?? 0) - available; excess > 0; excess--) {
    const narrowed = shown.filter((at) => (widths[at] ?? 0) > least(at));
    const widest = Math.max(...narrowed.map((at) => widths[at] ?? 0));
    if (narrowed.length === 0) break;
    widths[narrowed.find((at) => widths[at] === widest) ?? 0] = widest - 1;
  }
  return shown.map((at) => ({ at, width: widths[at] ?? 0 }));
}
