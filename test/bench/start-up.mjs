// Start-up against bare Node, interleaved in one run: medians of the whole process, as ratios. `npm run bench [rounds]`.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const rounds = Math.min(200, Math.max(5, Number(process.argv[2] ?? 21)));
const bin = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'keys-bench-'));
const env = { PATH: process.env.PATH, HOME: home };
const run = (args) => {
  const start = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, timeout: 30_000 });
  if (status !== 0) throw new Error(`${args.join(' ')}: exit ${status}: ${stderr}`);
  return performance.now() - start;
};
const cases = {
  'node -e 0': ['-e', '0'],
  'keys --version': [bin, '--version'],
  'keys --help': [bin, '--help'],
  'keys create --help': [bin, 'create', '--help'],
  'keys list --json (embedded)': [bin, 'list', '--json'],
  'keys create --raw (embedded)': [bin, 'create', '--name', 'bench', '--raw'],
};
const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
try {
  for (const args of Object.values(cases)) run(args);
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(cases)) times[name].push(run(args));
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
const quantile = (values, q) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * q)];
const bare = quantile(times['node -e 0'], 0.5);
console.log(`Node ${process.version}, ${rounds} rounds, ratios to node -e 0 (median ${bare.toFixed(0)} ms)`);
for (const [name, values] of Object.entries(times)) {
  const [low, middle, high] = [0.1, 0.5, 0.9].map((q) => (quantile(values, q) / bare).toFixed(2));
  console.log(`${name.padEnd(32)} ${middle}  (10 % ${low}, 90 % ${high})`);
}
