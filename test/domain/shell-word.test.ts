import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from '../../src/domain/shell-word.js';

const TEXTS = [
  'plain',
  'a b',
  "it's",
  '=ls',
  '$(id)',
  '`id`',
  '~',
  '*',
  'a=b',
  'x\ny',
  '-n',
  'é',
  '"',
  '\\',
  '',
];

test('a word reaches a shell as it was', () => {
  const run = spawnSync('sh', ['-c', `printf '%s\\0' ${TEXTS.map(shellWord).join(' ')}`], {
    encoding: 'utf8',
  });
  expect(run.stdout.split('\0').slice(0, -1)).toEqual(TEXTS);
});

test('a word is quoted only where a shell reads it otherwise', () => {
  expect(['web-1', 'a/b.c', 'k=v', '=ls', '~'].map(shellWord)).toEqual([
    'web-1',
    'a/b.c',
    'k=v',
    "'=ls'",
    "'~'",
  ]);
});
