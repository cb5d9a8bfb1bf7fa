/**
 * `npm run docs`: writes man pages and completions. With `--check` it compares them and exits 1 if they
 * differ.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { FORMATS } from '../../domain/published-formats.js';
import { keysFileJsonSchema } from '../../lifecycle/as-code/keys-file-schema.js';
import { loadAllProviders } from '../../providers/registry.js';
import type { Context } from '../context.js';
import { buildFullProgram } from '../program.js';
import { commandTree } from './command-tree.js';
import { AUDIT_TOPIC, withFormatTable } from './format-table.js';
import { generateDocs } from './generate-docs.js';
import { TOPICS } from './man-page.js';
import { PROVIDERS_TOPIC, withProviderTable } from './provider-table.js';
import { topicPage } from './topic-page.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
// The tree is only read, so no command needs its context.
const program = await buildFullProgram({} as Context, '0.0.0');
const docs = new Map(generateDocs(commandTree(program as CommandUnknownOpts)));
docs.set('completions/keys.schema.json', `${JSON.stringify(keysFileJsonSchema(), null, 2)}\n`);
docs.set(PROVIDERS_TOPIC, withProviderTable(read(PROVIDERS_TOPIC) ?? '', await loadAllProviders()));
docs.set(AUDIT_TOPIC, withFormatTable(read(AUDIT_TOPIC) ?? '', FORMATS));
for (const topic of TOPICS) {
  const source = `man/keys-${topic}.7.md`;
  const markdown = docs.get(source) ?? read(source) ?? '';
  docs.set(source, markdown).set(`man/keys-${topic}.7`, topicPage(markdown));
}
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
  ...present.filter((path) => !docs.has(path)),
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
