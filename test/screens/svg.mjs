// A terminal's screen as an SVG that follows the reader's light or dark: text stays text.
const CELL = { width: 8.4, height: 18 };
const MARGIN = 14;

const escaped = (text) =>
  text.replace(/[&<>"]/g, (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[char]);

/** The colour class of a cell: one of the sixteen by its number, dimmed or bold. */
function classesOf(cell) {
  const classes = [];
  if (cell.isFgPalette() && cell.getFgColor() < 16) classes.push(`c${cell.getFgColor()}`);
  if (cell.isBold()) classes.push('b');
  if (cell.isDim()) classes.push('d');
  return classes.join(' ');
}

/**
 * Runs of cells that look the same, each with its first column. Spaces end a run, so that a font cannot shift
 * what follows.
 */
function runsOf(line, columns) {
  const runs = [];
  let run = null;
  for (let at = 0; at < columns; at++) {
    const cell = line.getCell(at);
    const text = cell?.getChars() ?? '';
    if (text.trim() === '') {
      if (cell?.getWidth() !== 0) run = null;
      continue;
    }
    const look = classesOf(cell);
    if (run === null || run.look !== look) {
      run = { at, look, text: '' };
      runs.push(run);
    }
    run.text += text;
  }
  return runs;
}

/** `buffer`: of an xterm; `title`: read out in place of the picture. */
export function screenSvg(buffer, { columns, title }) {
  let rows = buffer.length;
  while (rows > 0 && buffer.getLine(rows - 1)?.translateToString(true) === '') rows--;
  const lines = Array.from({ length: rows }, (_, row) =>
    runsOf(buffer.getLine(row), columns)
      .map(({ at, look, text }) => {
        const x = (MARGIN + at * CELL.width).toFixed(1);
        const y = MARGIN + 13 + row * CELL.height;
        return `<text x="${x}" y="${y}"${look ? ` class="${look}"` : ''}>${escaped(text)}</text>`;
      })
      .join(''),
  );
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = rows * CELL.height + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
<style>
rect{fill:#fff;stroke:#d0d7de}text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.b{font-weight:700}.d{opacity:.6}.c1,.c9{fill:#cf222e}.c2,.c10{fill:#116329}.c3,.c11{fill:#7d4e00}.c4,.c12{fill:#0550ae}.c5,.c13{fill:#8250df}.c6,.c14{fill:#1b7c83}.c8{fill:#59636e}
@media(prefers-color-scheme:dark){rect{fill:#0d1117;stroke:#30363d}text{fill:#e6edf3}.c1,.c9{fill:#ff7b72}.c2,.c10{fill:#3fb950}.c3,.c11{fill:#d29922}.c4,.c12{fill:#58a6ff}.c5,.c13{fill:#bc8cff}.c6,.c14{fill:#39c5cf}.c8{fill:#8b949e}}
</style>
<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>
${lines.filter(Boolean).join('\n')}
</svg>
`;
}
