import { expect, it } from 'vitest';
import { wantsHyperlinks, withHyperlinks } from '../../src/terminal/hyperlinks.js';

it.each([
  [{ TERM: 'xterm-256color' }, false],
  [{ TERM: 'xterm-kitty' }, true],
  [{ TERM: 'xterm-256color', TERM_PROGRAM: 'vscode' }, true],
  [{ TERM: 'xterm-256color', VTE_VERSION: '7600' }, true],
  [{ TERM: 'xterm-256color', VTE_VERSION: '4600' }, false],
  [{ TERM: 'xterm-kitty', NO_COLOR: '1' }, false],
  [{ TERM: 'xterm-kitty', CI: 'true' }, false],
  [{ TERM: 'xterm-kitty', FORCE_HYPERLINK: '0' }, false],
  [{ TERM: 'xterm', FORCE_HYPERLINK: '1', NO_COLOR: '1' }, true],
  [{ TERM: 'dumb', FORCE_HYPERLINK: '1' }, false],
])('with %j links are wanted: %s', (env, wanted) => {
  expect(wantsHyperlinks(env, true)).toBe(wanted);
  expect(wantsHyperlinks(env, false)).toBe(false);
});

it('links an address to itself, without the punctuation and the colour around it', () => {
  const link = (address: string) => `\u001b]8;;${address}\u001b\\${address}\u001b]8;;\u001b\\`;
  const [a, b] = ['https://a.example/x?y=1#z', 'http://127.0.0.1:80/'];
  expect(withHyperlinks(`see ${a}, or (${b}).`)).toBe(`see ${link(a)}, or (${link(b)}).`);
  expect(withHyperlinks(`\u001b[36m${a}\u001b[39m`)).toBe(`\u001b[36m${link(a)}\u001b[39m`);
  expect(withHyperlinks('cut: https://a.example/keys… and https://a.example/b.…')).not.toContain('\u001b');
  expect(withHyperlinks('no address: https://…')).toBe('no address: https://…');
});
