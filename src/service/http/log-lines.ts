/** How late a line may come. */
const LATE_MS = 50;
/** Characters that are not kept waiting. */
const ENOUGH = 16 * 1024;

export interface LogLines {
  write(line: string): void;
  flush(): void;
}

/**
 * Gathers lines and writes many at once: a write to a file or a pipe holds up every request, and costs more
 * than a check.
 */
export function gatherLines(write: (text: string) => void): LogLines {
  let gathered = '';
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered === '') return;
    const text = gathered;
    gathered = '';
    write(text);
  }

  return {
    write(line) {
      gathered += `${line}\n`;
      if (gathered.length >= ENOUGH) flush();
      else timer ??= setTimeout(flush, LATE_MS);
    },
    flush,
  };
}
