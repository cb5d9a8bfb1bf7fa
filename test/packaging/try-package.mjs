// Packs, installs globally into empty prefixes, and tries what was installed: npm run try-package
// KEYS_TRY_NODES names Node programs as a PATH names folders; default: the one that runs this. --one: one row
// of the table alone.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS, installationOf } from './checks.mjs';
import { breakKeytar, npm, versionOf } from './install.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nodes = (process.env.KEYS_TRY_NODES || process.execPath).split(delimiter).filter(Boolean);

/** What runs, and what says how and under which terms. */
const PACKED =
  /^(bin\/(keys\.js|keep-compiled\.cjs|package\.json)|dist\/(main\.cjs|THIRD-PARTY-LICENSES|chunks\/[\w.-]+\.cjs|(keychain|places|sqlite)\/[\w-]+\.cjs|library\/[\w/-]+\.(js|d\.ts))|man\/keys[\w-]*\.(1|7|7\.md)|completions\/[\w.]+|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;

/**
 * Installations, and what is done to each afterwards, a row each. The libraries are taken away by hand:
 * `--omit=optional` does not reach what a global installation brings along.
 */
const removed = (row, ...names) => ({
  row,
  change: (modules) => {
    for (const name of names)
      rmSync(join(modules, 'keys/node_modules', name), { recursive: true, force: true });
  },
});
const INSTALLATIONS = [
  {
    row: 'install scripts',
    flags: ['--no-ignore-scripts'],
    changes: process.platform === 'linux' ? [{ row: 'without libsecret', change: breakKeytar }] : [],
  },
  {
    row: 'no install scripts',
    flags: ['--ignore-scripts'],
    changes: [removed('without keytar', 'keytar'), removed('without either library', 'keytar', '@napi-rs')],
  },
];
const one = process.argv.includes('--one');
const installations = one ? [{ ...INSTALLATIONS[1], changes: [] }] : INSTALLATIONS;

const work = mkdtempSync(join(tmpdir(), 'keys-package-'));
const problems = [];
const rows = [['node', 'installed with', ...Object.keys(CHECKS)]];

function tryInstallation(installation, node, row) {
  const version = versionOf(node);
  const told = Object.entries(CHECKS).map(([name, check]) => {
    try {
      return check(installation);
    } catch (error) {
      problems.push(`${version}, ${row}, ${name}: ${error.message}`);
      return 'BROKEN';
    }
  });
  rows.push([version, row, ...told]);
}

function install(node, { row, flags, changes }, tarball) {
  const prefix = mkdtempSync(join(work, 'prefix-'));
  try {
    npm(
      [
        'install',
        '--global',
        '--prefix',
        prefix,
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
        ...flags,
        tarball,
      ],
      node,
    );
  } catch (error) {
    problems.push(`${versionOf(node)}, ${row}: ${error.message}\n${error.stderr ?? ''}`);
    return;
  }
  for (const { row: name, change } of [{ row, change: () => true }, ...changes]) {
    const home = mkdtempSync(join(prefix, 'home-'));
    const installation = installationOf({ root, node, prefix, home });
    if (change(installation.modules) !== false) tryInstallation(installation, node, name);
  }
  npm(['uninstall', '--global', '--prefix', prefix, 'keys'], node);
  const left = readdirSync(prefix, { recursive: true }).filter(
    (path) => !path.startsWith('home-') && /(^|[\\/])keys[^\\/]*$/.test(path),
  );
  if (left.length > 0) problems.push(`left after npm uninstall: ${left.join(', ')}`);
}

function pack() {
  const [packed] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', work], process.execPath, { cwd: root }),
  );
  const stray = packed.files.map(({ path }) => path).filter((path) => !PACKED.test(path));
  if (stray.length > 0) problems.push(`not to be packed: ${stray.join(', ')}`);
  // What the bundler writes is loaded from somewhere, be it by a name that is put together.
  const built = readdirSync(join(root, 'dist'), { recursive: true })
    .filter((path) => path.endsWith('.cjs'))
    .map((path) => `dist/${path.replaceAll('\\', '/')}`);
  const absent = built.filter((path) => !packed.files.some((file) => file.path === path));
  if (absent.length > 0) problems.push(`not packed: ${absent.join(', ')}`);
  const kib = (bytes) => `${Math.round(bytes / 1024)} KiB`;
  console.log(
    `${packed.filename}: ${kib(packed.size)}, ${kib(packed.unpackedSize)} unpacked, ${packed.files.length} files\n`,
  );
  return join(work, packed.filename);
}

try {
  const tarball = pack();
  for (const node of nodes) for (const installation of installations) install(node, installation, tarball);
} finally {
  rmSync(work, { recursive: true, force: true });
}
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
for (const problem of problems) console.log(`\n${problem}`);
console.log(problems.length === 0 ? '\nall of it works' : `\n${problems.length} broken`);
process.exitCode = problems.length === 0 ? 0 : 1;
