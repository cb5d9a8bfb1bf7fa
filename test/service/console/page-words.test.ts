import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hintOf, markedHintOf } from '../../../src/cli/hints.js';
import { KeysError, type NextStep } from '../../../src/domain/errors.js';
import {
  hintParts,
  inPageWords,
  pageOfCommand,
  withoutResume,
} from '../../../src/service/console/page-words.js';

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));
/** Rooms whose errors a form of the console can meet. */
const ROOMS = ['connect', 'domain', 'lifecycle', 'places', 'providers', 'service', 'storage'];
/** Commands of other programs, with flags of their own. */
const OTHERS = /(^|: |\()(gh|glab|aws|kubectl|vercel|wrangler|git|npm|node|openssl) /;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Sentences of the sources that name a flag. A value in a template is `x`. */
const texts = ROOMS.flatMap((room) => filesBelow(join(SOURCE, room)))
  .flatMap((file) => [
    ...readFileSync(file, 'utf8').matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.)*--[a-z](?:(?!\1)[^\\\n]|\\.)*)\1/g),
  ])
  .map(([, , text = '']) => text.replaceAll(/\$\{[^}]*\}/g, 'x'))
  .filter((text) => / /.test(text) && !/[<>;{]\s*--|var\(/.test(text));

const wordsOf = (hint: string) =>
  hintParts(hint)
    .filter(({ isCommand }) => !isCommand)
    .map(({ text }) => text)
    .join('');

it('names no flag of the command line in a message or hint on a page', () => {
  expect(texts.length).toBeGreaterThan(40);
  for (const text of texts) {
    if (OTHERS.test(text)) continue;
    expect(inPageWords(text), text).not.toMatch(/--[a-z]/);
    expect(wordsOf(text), text).not.toMatch(/--[a-z]/);
  }
});

it('has the label of the field in place of a flag', () => {
  expect(inPageWords('GitLab needs a project: --set project=…')).toBe('GitLab needs a project: project');
  expect(wordsOf("--to '.env#B' is a place of its own, and --replace takes this one over")).toBe(
    "'.env#B' is a place of its own, and “Overwrite a secret of another key” takes this one over",
  );
  expect(wordsOf('it may belong to another account; --force forgets the key here anyway')).toBe(
    'it may belong to another account',
  );
  expect(hintParts('--skip it')).toEqual([]);
  expect(wordsOf('unlock a keychain, or --no-escrow takes the risk')).toBe('unlock a keychain');
  // The flags of other programs stay as they are.
  expect(hintParts('glab auth login --hostname git.example.com')).toEqual([
    { text: 'glab auth login --hostname git.example.com', isCommand: true },
  ]);
  expect(wordsOf('git rm --cached .env and add it to .gitignore; or take another file')).toBe(
    'git rm --cached .env and add it to .gitignore; or take another file',
  );
});

it('offers each command of a next step to be copied, and names none of its flags beside it', () => {
  const source = readFileSync(join(SOURCE, 'cli/hints.ts'), 'utf8');
  const [, steps = ''] = /const STEPS[^{]*\{\n(.*?)\n\};/s.exec(source) ?? [];
  const names = [...steps.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name as NextStep);
  expect(names.length).toBeGreaterThan(40);
  const details = {
    name: 'web',
    operation: 'op_1',
    provider: 'acme',
    option: 'project',
    pending: ['stdout'],
  };
  for (const next of names) {
    const error = new KeysError('conflict', 'no', { next, details });
    const marked = markedHintOf(error) ?? '';
    expect(marked.replaceAll('`', ''), next).toBe(hintOf(error));
    expect(wordsOf(marked), next).not.toMatch(
      /--[a-z]|\bkeys (roll|resume|pending|list|login|env|create|import|provider|status)\b|[‹›`]/,
    );
    for (const { text, isCommand } of hintParts(marked))
      if (isCommand) expect(text, next).toMatch(/^(keys [a-z]|openssl )/);
  }
});

it('has no command beside the button that does the same', () => {
  const hint = markedHintOf(new KeysError('conflict', 'no', { hint: 'it may be done', next: 'resume' }));
  expect(withoutResume(hint ?? '')).toBe('it may be done');
  expect(withoutResume('`keys resume` finishes it; `keys pending` shows it')).toBeUndefined();
});

it('knows the page that does the same as a command', () => {
  expect(pageOfCommand('keys resume op_1')?.path).toBe('/pending');
  expect(pageOfCommand("keys roll 'web shop'")).toEqual({
    path: '/keys?name=web%20shop',
    title: 'Find web shop',
  });
  expect(pageOfCommand('keys list --all')?.title).toBe('Show all keys');
  for (const line of ['keys login', 'keys roll --due', 'keys serve recover'])
    expect(pageOfCommand(line)).toBeNull();
});

it('leaves out what only the command line reads', () => {
  const hint = 'set KEYS_API_KEY together with KEYS_PROVIDER and KEYS_BASE_URL; log in first: keys login';
  expect(hintParts(hint).map(({ text }) => text)).toEqual(['log in first: ', 'keys login']);
});
