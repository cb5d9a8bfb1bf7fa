import { expect, it } from 'vitest';
import { startOnTerminal } from './pseudo-terminal.js';

const lastLine = (run: number) =>
  new Promise<string>((resolve) => {
    let shown = '';
    const pty = startOnTerminal('sh', ['-c', `echo first; stty -a; echo last ${run}`], {
      cols: 80,
      rows: 30,
    });
    pty.onData((data) => {
      shown += data;
    });
    pty.onExit(() => resolve(shown.trim().split('\r\n').at(-1) ?? ''));
  });

it('reads the last line of every program, however soon it ends', async () => {
  const runs = Array.from({ length: 150 }, (_, run) => run);
  const lines: string[] = [];
  for (let from = 0; from < runs.length; from += 3) {
    lines.push(...(await Promise.all(runs.slice(from, from + 3).map(lastLine))));
  }
  expect(lines).toEqual(runs.map((run) => `last ${run}`));
});
