// A line chart as SVG, with marks at what was done to the servers.

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [960, 260, 60, 30, 30];
const COLOURS = ['#1f6feb', '#d1242f', '#8250df', '#1a7f37'];

/** `series`: name and values, one a sample; `marks`: sample and text. */
export function chart(title, series, marks, seconds) {
  const most = Math.max(1, ...series.flatMap(({ values }) => values));
  const samples = Math.max(2, ...series.map(({ values }) => values.length));
  const x = (i) => LEFT + (i / (samples - 1)) * (WIDTH - LEFT - 10);
  const y = (value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP);
  const lines = series.map(({ name, values }, n) => {
    const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const colour = COLOURS[n % COLOURS.length];
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points}"/>
<text x="${LEFT + 130 * n}" y="${TOP - 16}" fill="${colour}">${name}</text>`;
  });
  const signs = marks.map(
    ({ at, text }) =>
      `<line x1="${x(at)}" x2="${x(at)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#999" stroke-dasharray="2 3"><title>${text}</title></line>`,
  );
  return `<g><text x="${WIDTH - 10}" y="${TOP - 16}" text-anchor="end">${title}</text>
<text x="${LEFT - 6}" y="${y(most) + 4}" text-anchor="end">${Math.round(most)}</text>
<text x="${LEFT - 6}" y="${y(0) + 4}" text-anchor="end">0</text>
<text x="${WIDTH - 10}" y="${HEIGHT - 8}" text-anchor="end">${Math.round(seconds)} s</text>
<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 10}" fill="none" stroke="#333"/>
${signs.join('\n')}
${lines.join('\n')}</g>`;
}

/** Charts one below the other. */
export function page(charts) {
  const moved = charts.map((each, n) => `<g transform="translate(0 ${n * HEIGHT})">${each}</g>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT * charts.length}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${moved.join('\n')}
</svg>
`;
}
