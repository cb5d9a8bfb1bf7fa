import { KeysError } from '../../domain/errors.js';

/** Where something stands in the file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One mistake in the file, and what was probably meant. */
export interface FileMistake extends Position {
  readonly message: string;
  readonly hint?: string;
}

/** One line: file, line, column, the mistake, and what was probably meant. */
function mistakeLine(path: string, { line, column, message, hint }: FileMistake): string {
  return `${path}:${line}:${column}: ${message}${hint === undefined ? '' : `; ${hint}`}`;
}

/**
 * The error for a file with these mistakes, in the order of their lines. Every mistake is in
 * `details.mistakes`.
 */
export function fileError(path: string, mistakes: readonly FileMistake[]): KeysError {
  const sorted = mistakes.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map((mistake) => mistakeLine(path, mistake));
  const [first = ''] = lines;
  return new KeysError('usage', lines.length === 1 ? first : `${path} has ${lines.length} mistakes`, {
    hint: 'nothing was changed',
    next: 'show_schema',
    details: { mistakes: sorted, lines },
  });
}
