import { expect, it } from 'vitest';
import { changed, KeysError } from '../../src/domain/errors.js';
import {
  clauses,
  command,
  instead,
  option,
  rewritten,
  setting,
  ways,
  withOptionsOnly,
  words,
} from '../../src/domain/words.js';
import { problemOf } from '../../src/http/wire/problem.js';

const HINT = clauses(
  words`give it with ${option('scope')} or ${setting('project')}`,
  ways(words`take ${option('to', '.env')}`, words`run ${command('keys list --all')}`),
  instead(words`leave out ${option('erase')}`, 'keep it'),
  withOptionsOnly('set KEYS_API_KEY'),
);

it('is what the terminal shows, as a string', () => {
  expect(String(HINT)).toBe(
    'give it with --scope or --set project=…; take --to .env, or run keys list --all; leave out --erase; set KEYS_API_KEY',
  );
  expect(String(words`${2} of ${words`${option('expires', 'never')}`}`)).toBe('2 of --expires never');
});

it('is a text wherever it is written without a surface', () => {
  const wording = words`give it with ${option('scope')}`;
  const text = 'give it with --scope';
  expect(JSON.stringify({ hint: wording, all: [wording] })).toBe(JSON.stringify({ hint: text, all: [text] }));
  expect(`${wording}; ${['no', wording].join(': ')}`).toBe(`${text}; no: ${text}`);
});

it('has the members of a request in a response, and nothing of what only options can do', () => {
  const problem = problemOf(
    new KeysError('conflict', words`no ${option('expires')}`, { hint: HINT }),
    'req_1',
  );
  expect(problem.detail).toBe('no expires_at');
  expect(problem.hint).toBe('give it with scopes or project; take to, or run keys list --all; keep it');
  const alone = new KeysError('conflict', 'no', { hint: withOptionsOnly('set KEYS_API_KEY') });
  expect(problemOf(alone, 'req_1')).not.toHaveProperty('hint');
});

it('keeps the parts of an error that another one is made of', () => {
  const error = new KeysError('conflict', words`no ${option('scope')}`, { hint: HINT, next: 'resume' });
  expect(error).toMatchObject({ message: 'no --scope', hint: String(HINT) });
  const other = changed(error, { message: words`web: ${error.wording.message}`, next: null });
  expect(other).toMatchObject({ code: 'conflict', message: 'web: no --scope', next: undefined });
  expect(problemOf(other, 'req_1').detail).toBe('web: no scopes');
});

it('changes each text, and no name of an option', () => {
  const shout = rewritten(HINT, (text) => text.toUpperCase());
  expect(String(shout)).toBe(
    'GIVE IT WITH --scope OR --set project=…; TAKE --to .ENV, or RUN KEYS LIST --ALL; LEAVE OUT --erase; SET KEYS_API_KEY',
  );
});
