import { expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { createJsonOutput, jsonText } from '../../src/terminal/json-output.js';
import { defaultColumns, keyColumns } from '../../src/terminal/key-columns.js';
import type { Output } from '../../src/terminal/output.js';
import { createPlainOutput } from '../../src/terminal/plain-output.js';
import { createTerminalOutput } from '../../src/terminal/terminal-output.js';
import type { TextSink } from '../../src/terminal/text-sink.js';
import { textWidth } from '../../src/terminal/text-width.js';
import { visibleDocument, visibleText } from '../../src/terminal/visible-text.js';
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
  ['tables', (to) => createTerminalOutput(to, to, false)],
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
    await createTerminalOutput(to, to, false).list(rows(key), shown);
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
