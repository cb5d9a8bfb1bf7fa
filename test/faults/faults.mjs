// npm run faults: kills at many more system calls, and more vendors, than npm test has. At the end it prints
// one table of all files: a row for each vendor, command and kill point, with what was orphaned, lost and
// pending after keys resume.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ALL = [
  'test/faults',
  'test/lifecycle/bad-input.test.ts',
  'test/lifecycle/rights-by-command.test.ts',
  'test/service/key-transfer.test.ts',
];

const folder = mkdtempSync(join(tmpdir(), 'keys-faults-'));
const file = join(folder, 'rows.jsonl');
writeFileSync(file, '');
const env = {
  KEYS_FAULT_KILLS: '112',
  KEYS_FAULT_SERVER_ROUNDS: '20',
  KEYS_TRANSFER_KEYS: '100000',
  ...process.env,
  KEYS_FAULT_TABLE: file,
};
const places = process.argv.length > 2 ? process.argv.slice(2) : ALL;
const args = ['vitest', 'run', '--config', 'test/vitest.config.ts', ...places];
const { status } = spawnSync('npx', args, { env, stdio: 'inherit' });
const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
rmSync(folder, { recursive: true });
console.log(`\n${table(rows)}\n`);
process.exit(status ?? 1);

/** One line a row, in aligned columns; a dash where a row does not count something. */
function table(rows) {
  const facts = [...new Set(rows.flatMap((row) => Object.keys(row.facts)))];
  const sorted = rows.sort((a, b) =>
    `${a.where}\n${a.what}\n${a.point}`.localeCompare(`${b.where}\n${b.what}\n${b.point}`),
  );
  const total = facts.map((fact) => sorted.reduce((sum, row) => sum + (row.facts[fact] ?? 0), 0));
  const lines = [
    ['vendor', 'command', 'killed or cut', ...facts],
    ...sorted.map(({ where, what, point, facts: own }) => [
      ...[where, what, point],
      ...facts.map((fact) => String(own[fact] ?? '-')),
    ]),
    ['all', '', '', ...total.map(String)],
  ];
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (text, column) => (column < 3 ? text.padEnd(widths[column]) : text.padStart(widths[column]));
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}
