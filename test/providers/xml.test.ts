import { expect, it } from 'vitest';
import type { TransportResponse } from '../../src/http/transport.js';
import { readResponse } from '../../src/http/wire/read-response.js';
import { textsShape } from '../../src/http/wire/response-shapes.js';
import { xmlAsJson } from '../../src/providers/xml.js';

function response(text: string, status = 200, encoding: BufferEncoding = 'utf8'): TransportResponse {
  return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(text, encoding) };
}

const read = (text: string, status?: number) => xmlAsJson(response(text, status));
const json = ({ body }: TransportResponse) => JSON.parse(new TextDecoder().decode(body));

it('reads elements, lists and the five entities as text', () => {
  const list = '<R><L><member><Id>1</Id></member></L><N a="b">A &amp; &lt;B&gt; &quot;&apos;</N></R>';
  expect(json(read(list))).toEqual({ R: { L: { member: [{ Id: '1' }] }, N: 'A & <B> "\'' } });
  expect(json(read('<E><Error><Message>no</Message></Error></E>', 403)).message).toBe('no');
});

function requireUnread(told: TransportResponse): void {
  const reading = () => readResponse(textsShape('r'), told, 'GET', 'https://vendor.example');
  expect(reading).toThrow(expect.objectContaining({ name: 'KeysError', code: 'bad_response' }));
  expect(reading).toThrow(/not JSON but text\/xml/);
}

const grown = Array.from({ length: 30 }, (_, at) => `<!ENTITY a${at + 1} "&a${at};&a${at};">`).join('');

it.each([
  ['entities that grow', `<!DOCTYPE r [<!ENTITY a0 "ha">${grown}]><r>&a30;</r>`],
  ['an entity of a file', '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'],
  ['an entity of an address', '<!doctype r SYSTEM "https://evil.example/x.dtd"><r/>'],
  ['elements nested 200 deep', '<a>'.repeat(200) + '</a>'.repeat(200)],
  ['elements nested 100,000 deep', '<a>'.repeat(100_000) + '</a>'.repeat(100_000)],
  ['more than 4 MiB', `<r>${'<a/>'.repeat(1_100_000)}</r>`],
  ['an element that is not closed', '<r><a></r>'],
  ['a cut comment', `<r>${'<!--'.repeat(100_000)}`],
])('does not read %s, and says that the response is not understood', (_, text) => {
  requireUnread(read(text));
});

it('does not read XML that is no UTF-8', () => {
  requireUnread(xmlAsJson(response('<r>\xe9</r>', 200, 'latin1')));
});

it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'keeps objects as they are: %s',
  (name) => {
    const text = `<r ${name}="x"><${name}><polluted>1</polluted></${name}><Message>no</Message></r>`;
    const told = read(text, 400);
    if (told.headers['content-type'] === 'application/json') expect(json(told).message).toBe('no');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  },
);
