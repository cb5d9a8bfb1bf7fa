import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/domain/redactor.js';
import { createHttpTransport } from '../../src/http/create-http-transport.js';
import { clock, connectVendor } from '../support/connect-vendor.js';
import { ENCODINGS } from '../support/encodings.js';
import { vendorApi } from '../support/vendor-api.js';
import { VENDORS } from './fixtures/all.js';

/** Bodies of refusals that repeat a text, in the forms that services use. */
const REFUSALS: ReadonlyArray<(text: string) => Response> = [
  (text) => Response.json({ message: `Invalid API key: ${text}` }, { status: 401 }),
  (text) => Response.json({ error: { message: `${text} is no key` } }, { status: 403 }),
  (text) => Response.json({ success: false, errors: [{ message: text }] }, { status: 200 }),
  // The cut to the longest message goes through the secret.
  (text) =>
    new Response(`${'x'.repeat(285)} ${text}`, { status: 400, headers: { 'content-type': 'text/plain' } }),
  (text) =>
    new Response(null, {
      status: 302,
      headers: { location: `https://elsewhere.example/${encodeURIComponent(text)}` },
    }),
];

describe.each(VENDORS.map((fixture) => [fixture.id, fixture] as const))('%s', (_, fixture) => {
  it('shows no credential that its service repeats, in any encoding', async () => {
    const secret = fixture.credential.split(':').at(-1) ?? '';
    let response = (): Response => Response.json({});
    const api = await vendorApi(fixture, () => response());
    const lines: string[] = [];
    const redactor = createRedactor();
    const transport = createHttpTransport({
      clock,
      sleep: async () => undefined,
      trace: (line) => lines.push(line),
      redactor,
    });
    const { service } = await connectVendor(fixture, api, fixture.credential, { transport, redactor });
    for (const [name, encode] of Object.entries(ENCODINGS)) {
      if (secret.length < 24 && name.startsWith('cut')) continue;
      for (const refuse of REFUSALS) {
        response = () => refuse(encode(secret));
        const error = await service.list({}).then(
          () => expect.fail(`${name}: the list was not refused`),
          (failure: { message: string; hint?: string; details?: unknown }) => failure,
        );
        const shown = [error.message, error.hint, JSON.stringify(error.details), ...lines.splice(0)].join(
          '\n',
        );
        const leaked = [secret, encode(secret), encode(secret).slice(0, 20)].find((text) =>
          shown.includes(text),
        );
        expect(`${name}: ${leaked === undefined ? 'nothing' : shown}`).toBe(`${name}: nothing`);
      }
    }
    await transport.close();
  });
});
