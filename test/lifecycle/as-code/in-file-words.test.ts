import { expect, it } from 'vitest';
import { clauses, option, setting, ways, words } from '../../../src/domain/words.js';
import { inFileWords } from '../../../src/lifecycle/as-code/in-file-words.js';

it('names options as keys.yaml has them, and leaves out those of other commands', () => {
  const texts = [
    words`Resend does not say what web may do: ${option('scope', '…')}`,
    words`give ${option('expires', '…')}, or ${option('expires', 'never')} for none`,
    words`leave out ${option('grace')}`,
    words`give ${setting('indexes')}, or ${setting('indexes', '')} for none`,
    words`${option('replace')} takes this one over`,
    ways('unlock a keychain', words`${option('no-escrow')} takes the risk`),
    clauses(words`${option('force')} does it all the same`, 'nothing was changed'),
    words`${option('force')} does it all the same`,
  ];
  expect(texts.map(inFileWords)).toEqual([
    'Resend does not say what web may do: scopes: …',
    'give expires: …, or expires: never for none',
    'leave out grace',
    "give options: { indexes: … }, or options: { indexes: '' } for none",
    '--replace takes this one over',
    'unlock a keychain',
    'nothing was changed',
    '',
  ]);
});
