// `npm run check:words`: refuses the words of `old-words.txt` in sources, scripts, names of tests, man pages
// and documents.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (path) => readFileSync(join(root, path), 'utf8');
const inFolder = (folder, ending) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => ending.test(name))
    .map((name) => `${folder}/${name}`);

const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...inFolder('man', /\.7\.md$/)];
const sources = [
  ...['src', 'test', '.ci'].flatMap((folder) => inFolder(folder, /\.([mc]?js|tsx?|json)$/)),
  ...inFolder('man', /\.1$/),
  'rolldown.config.js',
];

const rules = read('test/words/old-words.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => line.split('\t'))
  .map(([pattern, instead, where]) => ({
    pattern: new RegExp(pattern, 'i'),
    instead,
    paths: where === 'all' ? [...documents, ...sources] : documents,
  }));

const lines = new Map();
const linesOf = (path) => lines.get(path) ?? lines.set(path, read(path).split('\n')).get(path);
let found = 0;
for (const { pattern, instead, paths } of rules)
  for (const path of paths)
    for (const [at, line] of linesOf(path).entries()) {
      const word = pattern.exec(line)?.[0].trim();
      if (word === undefined) continue;
      console.error(`${path}:${at + 1}: "${word}": write ${instead}`);
      found += 1;
    }
process.exitCode = found > 0 ? 1 : 0;
