import { expect, it } from 'vitest';
import { createRedactor, REDACTED } from '../../src/domain/redactor.js';
import { ENCODINGS } from '../support/encodings.js';
import { fc } from '../support/fast-check.js';

const secret = fc.string({
  unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  minLength: 24,
  maxLength: 120,
});
const words = fc.constantFrom('', 'Invalid API key: ', '{"message":"', '%', '\\', '&amp;', 'x', '=');

function redactorOf(...secrets: string[]) {
  const redactor = createRedactor();
  redactor.add(...secrets);
  return redactor;
}

it.each(Object.entries(ENCODINGS))('replaces any secret in a text, %s', (_, encode) => {
  fc.assert(
    fc.property(secret, words, words, (text, before, after) => {
      const written = encode(text);
      const safe = redactorOf('another-secret', text).redact(before + written + after);
      expect(safe).toContain(REDACTED);
      // What base64 leaves of its neighbours is no more than a character at either end.
      expect(safe.length).toBeLessThanOrEqual(before.length + after.length + REDACTED.length + 16);
    }),
  );
});

it.each(['İ', 'Σ', 'ß', 'ΑΣ'])('is not put off by %s beside a secret, or in it', (letter) => {
  for (const encode of Object.values(ENCODINGS)) {
    const written = encode('Fake+Credential/0123456789=ABCdef');
    const safe = redactorOf('Fake+Credential/0123456789=ABCdef').redact(`${letter} ${written} ${letter}`);
    expect(safe.slice(0, 32)).toContain(REDACTED);
    expect(safe).not.toContain(written);
  }
  const odd = `Fake-Secret-${letter}`;
  expect(redactorOf(odd).redact(`${odd}x ${odd}. ${odd.toLowerCase()}`)).not.toMatch(/fake-secret/i);
});

it('leaves every other text as it is', () => {
  const redactor = redactorOf('sk_live_fakefakefakefakefakefake', 'root', 'abc');
  for (const text of [
    '',
    'no such key: web',
    '100% of \\n &amp; =3D',
    '/roots/rooted',
    'abc',
    'sk_live_fake… is a prefix',
  ]) {
    expect(redactor.redact(text)).toBe(text);
  }
  expect(redactor.redact('user root, root.')).toBe(`user ${REDACTED}, ${REDACTED}.`);
});

it('replaces several secrets, one inside another, and one that begins as an escape', () => {
  const redactor = redactorOf(
    'fake-secret-0123456789',
    'the fake-secret-0123456789 and more',
    '%25%41\\u0041&amp;=3D',
  );
  expect(redactor.redact('a fake-secret-0123456789 b the fake-secret-0123456789 and more c')).toBe(
    `a ${REDACTED} b ${REDACTED} c`,
  );
  expect(redactor.redact('x %25%41\\u0041&amp;=3D y')).toBe(`x ${REDACTED} y`);
});
