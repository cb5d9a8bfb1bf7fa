import { expect, it, onTestFinished } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { terminal } from '../support/terminal.js';

const LONG = `long ${'name '.repeat(30)}end`;

/** Twelve keys, one of which has a long name, and a rolled one whose old version retires. */
async function home(): Promise<KeysInProcess> {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  for (let at = 0; at < 10; at++) await keys.run(['create', `key${at}`, '--raw']);
  await keys.run(['create', LONG, '--expires', '30d', '--raw']);
  await keys.run(['create', 'web', '--raw']);
  expect((await keys.run(['roll', 'web', '--grace', '12h', '--raw'])).code).toBe(0);
  return keys;
}

it('shows each key in one line with its status, how many fit, and how to leave, which Esc does', async () => {
  const picker = terminal(await home(), ['show'], { cols: 80, rows: 24 });
  await picker.see('esc leave • 10 of 13 shown');
  const lines = await picker.screen();
  const choices = lines.filter((line) => /key_\w+/.test(line));
  expect(choices).toHaveLength(10);
  expect(choices[0]).toMatch(/^❯ web {2}sk_live_…\w{4} {2}key_\w+ {2}has no end$/);
  expect(choices[1]).toMatch(/^ {2}web {2}sk_live_…\w{4} {2}key_\w+ {2}retiring, ends in 12h$/);
  expect(choices[2]).toMatch(/^ {2}long name name.*… {2}sk_live_…\w{4} {2}key_\w+ {2}ends in 30d$/);
  expect(lines.findIndex((line) => line.includes('esc leave'))).toBe(12);
  picker.type('long');
  await picker.see(/Which key\?[^\n]*long[^\n]*\n[^\n]*❯ long name/);
  expect((await picker.screen()).at(-1)).toMatch(/esc leave$/);
  picker.type('\u001b');
  expect(await picker.ended).toBe(130);
  expect(picker.shown()).toContain('keys: error: nothing was chosen; nothing was changed');
});

it('names the key that was picked whole, where there is room for it', async () => {
  const picker = terminal(await home(), ['show'], { cols: 200, rows: 50 });
  await picker.see('10 of 13 shown');
  picker.type('long');
  await picker.see(/Which key\?[^\n]*long[^\n]*\n[^\n]*❯ long name/);
  picker.type('\r');
  expect(await picker.ended).toBe(0);
  const record = (await picker.screen()).find((line) => /^name/.test(line));
  expect(record).toMatch(new RegExp(`^name +${LONG}$`));
});

it('draws no tick before a question that was answered with no, or with another name', async () => {
  const keys = await home();
  for (const [args, question, answer, mark] of [
    [['pause', 'web'], /Pause web .*\(y\/N\)/, 'n\r', '×'],
    [['revoke', 'key1'], /to confirm/, 'key2\r', '×'],
    [['revoke', 'key1'], /to confirm/, 'key1\r', '✔'],
  ] as const) {
    const screen = terminal(keys, args, { cols: 200, rows: 50 });
    await screen.see(question);
    screen.type(answer);
    await screen.ended;
    const asked = (await screen.screen()).filter((line) => /^[^ ] (Pause web|Revoke key1)/.test(line));
    expect(asked.map(([sign]) => sign)).toEqual([mark]);
  }
});
