/** `npm run docs`: writes man pages and completions; with `--check` compares them and exits 1 where they differ. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { loadAllProviders } from '../../providers/registry.js';
import type { Context } from '../context.js';
import { buildFullProgram } from '../program.js';
import { commandTree } from './command-tree.js';
import { generateDocs } from './generate-docs.js';
import { withProviderTable } from './provider-table.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// The tree is only looked at: no command asks for anything.
const program = await buildFullProgram({} as Context, '0.0.0');
const docs = new Map(generateDocs(commandTree(program as CommandUnknownOpts)));
docs.set('README.md', withProviderTable(read('README.md') ?? '', await loadAllProviders()));
const folders = ['man', 'completions'];
const present = folders.flatMap((folder) => {
  mkdirSync(join(root, folder), { recursive: true });
  return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
});

function read(path: string): string | null {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return null;
  }
}

const stale = [
  ...[...docs].filter(([path, text]) => read(path) !== text).map(([path]) => path),
  // Pages of section 7 are written by hand.
  ...present.filter((path) => !docs.has(path) && !path.endsWith('.7')),
];
if (process.argv.includes('--check')) {
  for (const path of stale) console.error(`out of date: ${path}`);
  if (stale.length > 0) console.error('run npm run docs and commit what it writes');
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const path of stale) {
    const text = docs.get(path);
    if (text === undefined) rmSync(join(root, path));
    else {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    console.error(`wrote ${path}`);
  }
}
