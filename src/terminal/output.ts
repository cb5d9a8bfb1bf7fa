/**
 * What a person or a script reads and types: output as text, tables or JSON, prompts, stdin and the streams.
 * Commands work with `Output`, `Prompts` and `Input`; rooms also import how times, tables and text are
 * formatted, and it imports the domain only.
 */
import type { Wording } from '../domain/words.js';

/** What colour says beside words: none of it is said by colour alone. */
export type Tone = 'good' | 'warning' | 'bad' | 'quiet';

/**
 * A column of a list: how a row's cell reads for a person (relative times, colour) and for a program (ISO
 * times, bare).
 */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly human: (row: Row) => string;
  readonly plain: (row: Row) => string;
  /**
   * What rows are sorted by, where that is not their plain text; a time that is unknown or never comes last.
   */
  readonly order?: (row: Row) => number;
  /** Never cut: a part of it would name something else. */
  readonly whole?: boolean;
  /** Cut to fewer characters than this only where no spare column is left out instead. */
  readonly readable?: number;
  /** Colour of a person's cell, where there is colour. */
  readonly tone?: (row: Row) => Tone | undefined;
  /** Left out where a screen is too narrow for all, the highest first; absent: it stays. */
  readonly spare?: number;
}

/** Makes what stands before each record: nothing before the first one, an empty line before the others. */
export function betweenRecords(): () => string {
  let records = 0;
  return () => (records++ === 0 ? '' : '\n');
}

/** A line of one thing. The tone says nothing that the value does not. */
export type RecordField = readonly [title: string, value: string, tone?: Tone | undefined];

/**
 * What a command may say. Data goes to stdout, everything else to stderr. Implementations: text for a
 * terminal (tables, colour), text for a pipe (tab-separated, ISO times), JSON (data alone; messages still as
 * text on stderr). Text from a server may be handed in as it came: on a terminal, implementations show
 * control characters as escapes, in `print` too; into a pipe or a file, `print` writes its argument as it is.
 */
export interface Output {
  readonly format: 'text' | 'json';
  /** Whether a person is looking at stdout. */
  readonly human: boolean;
  /** Columns of stdout; 80 where it is no terminal. */
  readonly width: number;
  /**
   * Rows as they come, in flat memory for a pipe and JSON (an array); a terminal's table is printed in
   * bounded chunks, through a pager if it is longer than the screen. Rows hold no secret. `none`: what a
   * person reads on stderr where there is no row.
   */
  list<Row>(
    rows: AsyncIterable<Row> | Iterable<Row>,
    columns: readonly Column<Row>[],
    none?: string,
  ): Promise<void>;
  /** One thing: `json` in JSON, `fields` as aligned or tab-separated lines in text. */
  record(json: unknown, fields: readonly RecordField[]): Promise<void>;
  /**
   * This text on stdout, in any format: env lines, a secret alone, a script. Resolves when it was written.
   */
  print(text: string | Uint8Array): Promise<void>;
  /**
   * A text of ours to read, without a secret: through a pager if it is longer than a terminal's screen. It
   * may be painted; what of it is from elsewhere went through `visibleText`.
   */
  page(text: string): Promise<void>;
  /** The text in the colour of this tone; the text itself where there is no colour. */
  paint(tone: Tone, text: string): string;
  /**
   * How far something long has come: a bar on a terminal's stderr, nothing elsewhere. `total` null: it is not
   * known yet.
   */
  progress(done: number, total: number | null): void;
  /** One line on stderr that says what was done. */
  say(message: string): void;
  /** `keys: warning: …` on stderr. */
  warn(message: Wording): void;
  /** `keys: hint: …` on stderr. */
  hint(message: Wording): void;
}
