import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { visibleDocument, visibleText } from '../../src/domain/visible-text.js';
import { createOutput } from '../../src/terminal/create-output.js';
import { createJsonOutput, jsonText } from '../../src/terminal/json-output.js';
import { defaultColumns, keyColumns } from '../../src/terminal/key-columns.js';
import type { Output } from '../../src/terminal/output.js';
import { createPlainOutput } from '../../src/terminal/plain-output.js';
import { createTerminalOutput } from '../../src/terminal/terminal-output.js';
import type { TextSink } from '../../src/terminal/text-sink.js';
import { textWidth } from '../../src/terminal/text-width.js';
import { wrapMessage } from '../../src/terminal/wrap-lines.js';
import { fc } from '../support/fast-check.js';

/** Controls, marks that reorder or hide text, and halves of surrogate pairs. */
const HOSTILE = '\u001b[2J\u009b2J\u007f\u202e\u2066\u200f\u061c\u2028\u2060\ufeff\ud800\u{e0041}\r\u0007';
const OBEYED =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/u;
// The clock that these tests pass in.
const NOW = Date.parse('2026-11-21T12:00:00Z');

function sink(isTerminal: boolean, columns = 80) {
  const written: Array<string | Uint8Array> = [];
  const text = () => written.map((piece) => Buffer.from(piece).toString()).join('');
  const into: TextSink = { isTerminal, columns, write: async (piece) => void written.push(piece) };
  return { sink: into, text };
}

const OUTPUTS: ReadonlyArray<readonly [string, (to: TextSink) => Output]> = [
  ['tables', (to) => createTerminalOutput(to, to, { color: false })],
  ['JSON', (to) => createJsonOutput(to, to)],
];

async function* rows<Row>(...all: Row[]) {
  yield* all;
}

it.each(OUTPUTS)(
  '%s on a terminal hold nothing that it would obey, and keep the data',
  async (name, open) => {
    const { sink: to, text } = sink(true, 500);
    const output = open(to);
    const key = { id: 'key_1', name: `a${HOSTILE}b` } as Key;
    await output.list(rows(key), [...keyColumns(NOW).values()]);
    await output.record(key, [['name', key.name]]);
    await output.print(`raw ${HOSTILE}\n`);
    await output.print(Buffer.from(`bytes ${HOSTILE}\u00ff\n`));
    for (const say of [output.say, output.warn, output.hint]) say(HOSTILE);
    expect(text()).not.toMatch(OBEYED);
    expect(text()).toContain('raw \\u001b[2J');
    if (name !== 'JSON') return;
    const [list = ''] = text().split('\n]\n');
    expect(JSON.parse(`${list}]`)).toEqual([
      { id: 'key_1', name: key.name.replace(/\p{Surrogate}/gu, '\ufffd') },
    ]);
  },
);

it('prints into a pipe what it was handed', async () => {
  for (const open of [createPlainOutput, createJsonOutput]) {
    const { sink: to, text } = sink(false);
    await open(to, to).print('raw \u001b[2J\u009b\n');
    expect(text()).toBe('raw \u001b[2J\u009b\n');
  }
});

it('writes JSON that every reader takes: no half of a surrogate pair, and everything else as it was', () => {
  expect(jsonText({ name: 'a\ud800\ud800b', path: 'C:\\ud800\\\ud9ab', emoji: '😀' })).toBe(
    '{"name":"a\ufffd\ufffdb","path":"C:\\\\ud800\\\\\ufffd","emoji":"😀"}',
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.array(fc.constantFrom('\\', 'ud800', '\ud83d', '\ude00', '"', 'x')),
      (text, parts) => {
        const value = text + parts.join('');
        expect(JSON.parse(jsonText(value))).toBe(value.replace(/\p{Surrogate}/gu, '\ufffd'));
      },
    ),
  );
});

it('shows every text without what a terminal obeys, and safe text as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(visibleText(text)).not.toMatch(OBEYED);
      expect(visibleDocument(text)).not.toMatch(OBEYED);
    }),
  );
  for (const text of ['Ünïcödé 日本語 👩‍👩‍👧', 'שלום', 'می‌خواهم']) expect(visibleText(text)).toBe(text);
});

it.each([40, 50, 60, 80, 120])('keeps rows within %i columns', async (columns) => {
  const { sink: to, text } = sink(true, columns);
  const key: Key = {
    id: 'key_8fK2aaaaaaaaaaaa',
    name: 'a rather long name 日本語',
    type: 'secret',
    environment: 'live',
    service: 'web',
    prefix: 'sk_live_',
    hint: 'aaaa',
    status: 'active',
    scopes: ['invoices:read', 'invoices:write'],
    created_at: '2026-10-21T12:00:00Z',
    last_used: null,
    expires_at: '2027-10-21T12:00:00Z',
  } as Key;
  const chosen = [...keyColumns(NOW).values()].filter(({ id }) =>
    ['id', 'name', 'scopes', 'status'].includes(id),
  );
  for (const shown of [defaultColumns(NOW), chosen]) {
    await createTerminalOutput(to, to, { color: false, wrap: wrapMessage }).list(rows(key), shown);
  }
  expect(Math.max(...text().split('\n').map(textWidth))).toBeLessThanOrEqual(columns);
  expect(text()).toContain('key_8fK2aaaaaaaaaaaa');
});

it('sorts by time, unknown and never last', () => {
  const order = keyColumns(NOW).get('created_at')?.order;
  const at = (created_at: string | null | undefined) => order?.({ id: 'a', name: 'a', created_at } as Key);
  expect(at('2026-11-25T12:00:00+09:00')).toBeLessThan(at('2026-11-25T10:00:00Z') ?? 0);
  expect([at(null), at(undefined)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

it('keeps name, last four and expiry in 80 columns, whatever the id looks like', async () => {
  const key = {
    name: 'a-rather-long-name-of-a-key-for-the-shop',
    ...{ prefix: 'sk_live_', hint: 'W9xY', status: 'active', environment: 'live', type: 'secret' },
    ...{ created_at: '2026-11-01T00:00:00Z', last_used: '2026-11-20T00:00:00Z' },
    expires_at: '2026-12-21T12:00:00Z',
  };
  for (const id of ['key_12345678901234567890', '0b6c3c3e-6a4e-4a55-9f0e-6a3f1b1d2c3d', 'k'.repeat(64)]) {
    const { sink: to, text } = sink(true, 80);
    await createTerminalOutput(to, to, { color: false }).list([{ ...key, id } as Key], defaultColumns(NOW));
    expect(text()).toMatch(/a-rather.*sk_live_…W9xY.*in 30d/);
    for (const line of text().split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
  }
});

it('leaves out a spare column before it cuts a name of 16 characters', async () => {
  const key = {
    ...{ id: 'key_12345678901234567890', name: 'a billing worker', environment: 'live' },
    ...{ prefix: 'sk_live_', hint: 'W9xY', status: 'active' },
    ...{ created_at: '2026-11-01T00:00:00Z', last_used: null, expires_at: null },
  } as Key;
  for (const [columns, shown] of [
    [110, /^ID +NAME +ENVIRONMENT.*\n.* {2}a billing worker {2}/],
    [80, /^ID +NAME +KEY +STATUS +EXPIRES\n.* {2}a billing worker {2}/],
    [50, /^NAME +KEY +STATUS +EXPIRES\na billing worker {2}/],
    // A paused key must not look like one that works: the status is left out last.
    [45, /^NAME +STATUS +EXPIRES\na billing worker {2}/],
    // Nothing is left to leave out.
    [30, /^NAME +STATUS +EXPIRES\na billing wo… {2}/],
  ] as const) {
    const { sink: to, text } = sink(true, columns);
    await createTerminalOutput(to, to, { color: false }).list([key], defaultColumns(NOW));
    expect(text()).toMatch(shown);
  }
});

it('links whole addresses in a table, with the same widths', async () => {
  const addresses = ['https://a.example/keys', `https://b.example/${'x'.repeat(90)}`];
  const column = (id: string, cell: (row: string) => string) => ({ id, title: id, plain: cell, human: cell });
  const columns = [column('base_url', (row) => row), column('name', () => 'team')];
  const shown = await Promise.all(
    [true, false].map(async (links) => {
      const { sink: to, text } = sink(true, 80);
      await createTerminalOutput(to, to, { color: false, links }).list(addresses, columns);
      return text();
    }),
  );
  const [linked = '', plain] = shown;
  expect(linked.replace(/\u001b\]8;;.*?\u001b\\/g, '')).toBe(plain);
  expect([...linked.matchAll(/\u001b\]8;;(.+?)\u001b\\/g)].map(([, to]) => to)).toEqual([addresses[0]]);
});

it('colours a status beside its word, and nothing under --no-color or NO_COLOR', async () => {
  const key = { id: 'key_1', name: 'a', status: 'revoked' } as Key;
  for (const [choices, shown] of [
    [{ env: {} }, '\u001b[31mrevoked\u001b[39m'],
    [{ env: {}, color: false }, 'revoked'],
    [{ env: { NO_COLOR: '1' } }, 'revoked'],
  ] as const) {
    const { sink: to, text } = sink(true, 80);
    const output = await createOutput({ stdout: to, stderr: to }, { json: false, ...choices });
    await output.list([key], defaultColumns(NOW));
    expect(text()).toContain(` ${shown} `);
    expect(text().includes('\u001b[')).toBe(shown !== 'revoked');
  }
});

it('shows no progress under --quiet and --json', async () => {
  for (const choices of [{ json: true }, { json: false, quiet: true }]) {
    const { sink: to, text } = sink(true, 80);
    const output = await createOutput({ stdout: to, stderr: to }, { env: {}, ...choices });
    output.progress(1, 2);
    expect(text()).toBe('');
  }
});
