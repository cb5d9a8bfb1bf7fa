import { describe, expect, it } from 'vitest';
import { EXIT_CODES, exitCodeOf } from '../../src/cli/exit-codes.js';
import { parseDuration, parseInstant } from '../../src/domain/duration.js';
import { codeForStatus, ERRORS, type ErrorCode } from '../../src/domain/errors.js';
import { cleanPastedSecret } from '../../src/domain/pasted-secret.js';
import { hasScope, scopesLacking } from '../../src/domain/scopes.js';
import { generateSecret, inspectSecret, PREFIXES } from '../../src/domain/secret-format.js';
import { asShown } from '../../src/domain/whole-seconds.js';
import { fc } from '../support/fast-check.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');

describe('a secret', () => {
  it('is recognised as ours, for every prefix', () => {
    for (const prefix of PREFIXES)
      expect(inspectSecret(generateSecret(prefix))).toEqual({ shape: 'ours', prefix });
  });

  it('differs from itself with any one character changed', () => {
    fc.assert(
      fc.property(fc.nat({ max: 38 }), fc.constantFrom(...'09AZaz5mQ'), (at, character) => {
        const secret = generateSecret('sk_live_');
        const i = 'sk_live_'.length + at;
        fc.pre(secret[i] !== character);
        expect(inspectSecret(secret.slice(0, i) + character + secret.slice(i + 1)).shape).toBe('mistyped');
      }),
    );
  });

  it('differs from itself cut short, and with a character that no secret has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 39 }), (cut) => {
        expect(inspectSecret(generateSecret('sk_test_').slice(0, -cut)).shape).toBe('truncated');
      }),
    );
    expect(inspectSecret(`${generateSecret('sk_test_')}x`).shape).toBe('malformed');
    expect(inspectSecret(generateSecret('sk_test_').replace(/.$/, ' ')).shape).toBe('malformed');
    expect(inspectSecret('re_fake_123').shape).toBe('foreign');
  });

  it('has no two alike, and uses the whole alphabet', () => {
    const many = Array.from({ length: 2_000 }, () => generateSecret('sk_live_'));
    expect(new Set(many).size).toBe(many.length);
    expect(new Set(many.flatMap((secret) => [...secret.slice(8, 41)])).size).toBe(62);
  });

  it('comes out of what pasting leaves around it', () => {
    expect(cleanPastedSecret('  sk_x \n')).toEqual({ secret: 'sk_x', removed: 'spaces' });
    expect(cleanPastedSecret('"sk_x"\n')).toEqual({ secret: 'sk_x', removed: 'quotes' });
    expect(cleanPastedSecret('sk_x')).toEqual({ secret: 'sk_x', removed: 'nothing' });
  });
});

describe('a duration', () => {
  it.each([
    ['30d', 30 * 86_400_000],
    ['12h', 43_200_000],
    ['1h30m', 5_400_000],
    ['2w', 14 * 86_400_000],
    ['9mo', 270 * 86_400_000],
    ['1y', 365 * 86_400_000],
    ['1min', 60_000],
    ['1h30min', 5_400_000],
    ['1y2mo3m', 425 * 86_400_000 + 180_000],
    ['0', 0],
    ['P30D', 30 * 86_400_000],
    ['PT12H', 43_200_000],
    ['P1DT30M', 88_200_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '30', 'd', '-1d', '1.5h', '1yr', 'mo', 'P', 'PT', 'P1Y', '30 d', '99999999999d', 'Infinityd'])(
    'refuses %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );

  it('adds up', () => {
    fc.assert(
      fc.property(fc.nat(999), fc.nat(999), fc.nat(999), (d, h, m) => {
        expect(parseDuration(`${d}d${h}h${m}m`)).toBe(d * 86_400_000 + h * 3_600_000 + m * 60_000);
        expect(parseDuration(`P${d}DT${h}H${m}M`)).toBe(d * 86_400_000 + h * 3_600_000 + m * 60_000);
      }),
    );
  });
});

describe('an instant', () => {
  it.each([
    ['30d', NOW + 30 * 86_400_000],
    ['2027-01-31', new Date(2027, 0, 31, 23, 59, 59).getTime()],
    ['2027-01-31T12:00:00+02:00', Date.parse('2027-01-31T10:00:00Z')],
  ])('%s', (text, at) => expect(parseInstant(text, NOW)).toBe(at));

  it.each([
    ['2027-01-31T10:00:00Z', '1mo', '2027-02-28T10:00:00Z'],
    ['2027-11-30T10:00:00Z', '3mo', '2028-02-29T10:00:00Z'],
    ['2028-02-29T10:00:00Z', '1y', '2029-02-28T10:00:00Z'],
    ['2027-01-31T10:00:00Z', '1mo1d12h', '2027-03-01T22:00:00Z'],
  ])('from %s on, %s follows the calendar', (from, text, to) =>
    expect(parseInstant(text, Date.parse(from))).toBe(Date.parse(to)),
  );

  it.each(['2027-02-30', '2027-13-01', '2027-01-31T12:00:00', 'tomorrow', '31.1.2027'])(
    'refuses %s',
    (text) => {
      expect(() => parseInstant(text, NOW)).toThrow(expect.objectContaining({ code: 'usage' }));
    },
  );
});

it('times of a shown key are in whole seconds, never later than they are, also of the old key and of what comes next', () => {
  const exact = '2026-11-21T12:00:00.999Z';
  const shown = '2026-11-21T12:00:00Z';
  const key = { created_at: exact, expires_at: exact, last_used: null, revoked_at: exact };
  const old = { id: 'key_1', name: 'a', expires_at: exact };
  expect(asShown({ ...key, roll_by: exact, previous: old, next: { at: exact } })).toEqual({
    ...{ created_at: shown, expires_at: shown, last_used: null, revoked_at: shown, roll_by: shown },
    previous: { ...old, expires_at: shown },
    next: { at: shown },
  });
});

it('a scope is held by name, or by the one that is all', () => {
  expect(hasScope(['a:read'], 'a:read')).toBe(true);
  expect(hasScope(['*'], 'a:read')).toBe(true);
  expect(scopesLacking(['a:read'], ['a:read', 'a:write', '*'])).toEqual(['a:write', '*']);
});

it('ends no failed call with 0, whatever code a provider file has made up', () => {
  expect([exitCodeOf({ code: 'gone' as never }), exitCodeOf({ code: undefined as never })]).toEqual([1, 1]);
});

it('every failure has an exit code that is documented, and a status leads back to one code', () => {
  const documented = EXIT_CODES.map(([code]) => code);
  for (const code of Object.keys(ERRORS) as ErrorCode[])
    expect(documented, code).toContain(exitCodeOf({ code }));
  expect([400, 401, 403, 404, 409, 429, 502, 503, 504].map(codeForStatus)).toEqual([
    'invalid_request',
    'unauthenticated',
    'forbidden',
    'not_found',
    'conflict',
    'rate_limited',
    'unavailable',
    'unavailable',
    'unavailable',
  ]);
});
