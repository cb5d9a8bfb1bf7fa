import type { Column } from './output.js';

/** A column whose cells are the same for people and for scripts. */
export function textColumn<Row>(id: string, title: string, cell: (row: Row) => string): Column<Row> {
  return { id, title, plain: cell, human: cell };
}
