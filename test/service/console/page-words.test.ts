import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hintOf, wordingOfHint } from '../../../src/cli/hints.js';
import { KeysError, type NextStep } from '../../../src/domain/errors.js';
import {
  clauses,
  command,
  instead,
  option,
  setting,
  type Wording,
  ways,
  words,
} from '../../../src/domain/words.js';
import {
  forPages,
  hintParts,
  inPageWords,
  pageOfCommand,
  warningParts,
  withoutResume,
} from '../../../src/service/console/page-words.js';

const SOURCE = fileURLToPath(new URL('../../../src/', import.meta.url));

const textsOf = (hint: Wording) =>
  hintParts(hint)
    .filter((part) => typeof part === 'string')
    .join('');

it('has the label of the field in place of an option', () => {
  expect(inPageWords(words`GitLab needs a project: ${setting('project')}`)).toBe(
    'GitLab needs a project: project',
  );
  expect(inPageWords(words`web was created with ${setting('domain', 'dom_1')}`)).toBe(
    'web was created with domain=dom_1',
  );
  expect(
    textsOf(
      words`${option('to', "'.env#B'")} is a place of its own, and ${option('replace')} takes this one over`,
    ),
  ).toBe("'.env#B' is a place of its own, and “Overwrite a secret of another key” takes this one over");
  expect(textsOf(words`acme does not say what it may do: ${option('scope', '…')}`)).toBe(
    'acme does not say what it may do: Scopes',
  );
  expect(textsOf(words`say it: ${option('expires', '…')} (${option('expires', 'never')} for none)`)).toBe(
    'say it: Expires (Expires never for none)',
  );
});

it('leaves out a clause or a way that needs an option without a field', () => {
  const anyway = words`${option('force')} forgets the key here anyway`;
  expect(textsOf(clauses('it may belong to another account', anyway))).toBe(
    'it may belong to another account',
  );
  expect(textsOf(ways('unlock a keychain', words`${option('no-escrow')} takes the risk`))).toBe(
    'unlock a keychain',
  );
  expect(hintParts(words`${option('skip', 'build-1')} it`)).toEqual([]);
  expect(
    textsOf(words`remove it, then ${instead(words`leave out ${option('erase')}`, 'keep the secret there')}`),
  ).toBe('remove it, then keep the secret there');
});

it('names in a message and a warning also an option that has no field', () => {
  expect(inPageWords(words`${option('profile', 'team')} wins over KEYS_BASE_URL`)).toBe(
    '“profile” team wins over KEYS_BASE_URL',
  );
  expect(warningParts(words`take the risk: ${option('no-escrow')}`).join('')).toBe(
    'take the risk: “no escrow”',
  );
});

it('keeps commands apart, with the options of their programs', () => {
  expect(hintParts(words`${command('glab auth login --hostname git.example.com')}`)).toEqual([
    { command: 'glab auth login --hostname git.example.com' },
  ]);
  expect(hintParts('git rm --cached .env and add it to .gitignore; or take another file')).toEqual([
    'git rm --cached .env and add it to .gitignore; or take another file',
  ]);
  expect(hintParts('to find it, pipe it to `keys verify`')).toEqual([
    'to find it, pipe it to ',
    { command: 'keys verify' },
  ]);
});

it('says a failure in the words of the pages, message and hint', () => {
  const hint = words`leave out ${option('grace')}`;
  const error = forPages(new KeysError('conflict', words`no end: ${option('expires', '…')}`, { hint }));
  expect(error).toMatchObject({
    code: 'conflict',
    message: 'no end: Expires',
    hint: 'leave out the time of the old key',
  });
});

it('offers each command of a next step to be copied, and names none of its flags beside it', () => {
  const source = readFileSync(`${SOURCE}cli/hints.ts`, 'utf8');
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
    const hint = wordingOfHint(error) ?? '';
    expect(String(hint), next).toBe(hintOf(error));
    expect(textsOf(hint), next).not.toMatch(
      /--[a-z]|\bkeys (roll|resume|pending|list|login|env|create|import|provider|status)\b|[‹›`]/,
    );
    for (const part of hintParts(hint))
      if (typeof part !== 'string') expect(part.command, next).toMatch(/^(keys [a-z]|openssl )/);
  }
});

it('has no command beside the button that does the same', () => {
  const hint = wordingOfHint(new KeysError('conflict', 'no', { hint: 'it may be done', next: 'resume' }));
  expect(String(withoutResume(hint ?? ''))).toBe('it may be done');
  const alone = wordingOfHint(new KeysError('conflict', 'no', { next: 'resume' }));
  expect(withoutResume(alone ?? '')).toBeUndefined();
  const details = { name: 'web', pending: [] };
  const delivery = wordingOfHint(new KeysError('pending', 'no', { next: 'resume_delivery', details }));
  expect(String(withoutResume(delivery ?? ''))).toBe(
    'keys deliver web --to PLACE delivers it to another place, keys places remove web PLACE leaves one out',
  );
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
  const details = { to: 'postgres://db.example.com/keys' };
  const hint = wordingOfHint(new KeysError('conflict', 'no', { next: 'follow_ledger', details }));
  expect(hintParts(hint ?? '')).toEqual([{ command: 'keys ledger move sqlite' }, ' brings it back']);
});
