import { describe, expect, it } from 'vitest';
import { checkEndpoint, endpointAllowed, normalPath } from '../../src/domain/endpoint-restriction.js';
import { checkReferrer, referrerAllowed } from '../../src/domain/referrer-restriction.js';
import { ipAllowed, wildcardMatches } from '../../src/domain/restrictions.js';
import { widerRestrictions } from '../../src/domain/restrictions-within.js';
import { fc } from '../support/fast-check.js';

describe('a restriction by address', () => {
  it('covers its range, v4 in v6 clothes included', () => {
    expect(ipAllowed(['10.0.0.0/8'], '10.1.2.3')).toBe(true);
    expect(ipAllowed(['10.0.0.0/8'], '::ffff:10.1.2.3')).toBe(true);
    expect(ipAllowed(['2001:db8::/32'], '2001:db8:ffff::1')).toBe(true);
    expect(ipAllowed(['10.0.0.0/8', '2001:db8::/32'], '11.0.0.1')).toBe(false);
    expect(ipAllowed(['0.0.0.0/0'], 'not an address')).toBe(false);
  });

  it('agrees with arithmetic', () => {
    const octet = fc.nat(255);
    fc.assert(
      fc.property(
        fc.tuple(octet, octet, octet, octet),
        fc.tuple(octet, octet, octet, octet),
        fc.nat(32),
        (a, b, bits) => {
          const number = (ip: number[]) => ip.reduce((sum, part) => sum * 256 + part, 0);
          const size = 2 ** (32 - bits);
          const same = Math.floor(number(a) / size) === Math.floor(number(b) / size);
          expect(ipAllowed([`${a.join('.')}/${bits}`], b.join('.'))).toBe(same);
        },
      ),
    );
  });
});

describe('a wildcard', () => {
  it('matches wildcards as a regular expression would', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
    fc.assert(
      fc.property(word, fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 }), (pattern, text) => {
        expect(wildcardMatches(pattern, text)).toBe(
          new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text),
        );
      }),
    );
  });

  it('takes time linear in pattern and text', () => {
    // A quadratic search would take minutes, longer than a test may run.
    const long = 'a'.repeat(400_000);
    expect(wildcardMatches(`*${long.slice(0, 200_000)}b*`, long)).toBe(false);
    expect(wildcardMatches('*a'.repeat(1_000), `${long}b`)).toBe(false);
  });
});

describe('a restriction by referrer', () => {
  it('covers an origin, its pages, and no look-alike', () => {
    expect(referrerAllowed(['https://a.example'], 'https://a.example/page?q')).toBe(true);
    expect(referrerAllowed(['a.example'], 'http://a.example/')).toBe(true);
    expect(referrerAllowed(['https://*.a.example'], 'https://x.a.example/')).toBe(true);
    expect(referrerAllowed(['https://A.example'], 'https://a.example/')).toBe(true);
    expect(referrerAllowed(['http://localhost:*'], 'http://localhost:3000/')).toBe(true);
    expect(referrerAllowed(['https://a.example/shop/*'], 'https://a.example/shop/1')).toBe(true);
    for (const bad of [
      'https://a.example.evil',
      'https://evil/https://a.example',
      'https://a.example@evil.example/',
      'https://a.example:8443/',
      'http://a.example/',
      'a.example',
      '',
    ]) {
      expect(referrerAllowed(['https://a.example'], bad), bad).toBe(false);
    }
  });

  it('keeps the asterisk of the host within the host', () => {
    const part = fc.stringMatching(/^[a-z.]{1,12}$/);
    const patterns = [
      'https://*.a.example/*',
      '*.a.example/*',
      'https://*.a.example',
      '*://*.a.example/app/*',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...patterns), part, part, (pattern, before, after) => {
        for (const path of [`${before}.a.example/app/${after}`, `${after}?${before}.a.example/app/`]) {
          expect(referrerAllowed([pattern], `https://evil.com/${path}`)).toBe(false);
        }
      }),
    );
  });

  // No browser sends the last two: a host has no such characters, and a path has them encoded.
  it.each([
    ...['https://a@b.example', 'https://', '/path', 'https://a.example?x', 'https://b\u00fccher.example'],
    ...['"><img', 'https://a.example/"><img>'],
  ])('cannot be %s', (pattern) => expect(() => checkReferrer(pattern)).toThrow('not a page or origin'));
});

describe('a restriction by endpoint', () => {
  const allowed = ['GET /v1/users/*'];

  it('covers its method and the paths of its pattern', () => {
    expect(endpointAllowed(allowed, 'get', '/v1/users/7?with=query')).toBe(true);
    expect(endpointAllowed(['* /v1/*'], 'DELETE', '/v1/x')).toBe(true);
    expect(endpointAllowed(['GET /a%20b/*'], 'GET', '/%61%20b/c')).toBe(true);
    expect(endpointAllowed(allowed, 'POST', '/v1/users/7')).toBe(false);
    expect(endpointAllowed(allowed, 'GET', '/v1/user')).toBe(false);
    expect(endpointAllowed(['GET /v1/users'], 'GET', '/v1/users/7')).toBe(false);
    expect(endpointAllowed(['GET /v1/*/read'], 'GET', '/v1/users/write')).toBe(false);
  });

  it.each([
    '/v1/users/../admin',
    '/v1/users/./7',
    '/v1/users/..',
    '/v1/users/%2e%2e/admin',
    '/v1/users/%2E%2e%2Fadmin',
    '/v1/users/.%2e/admin',
    '/v1/users//../../admin',
    '/v1/users//7',
    '/v1/users/..;/admin',
    '/v1/users/;/7',
    '/v1/users/%3b/7',
    '/v1/users%2f7',
    '/v1/users/..\\admin',
    '/v1/users/%5c7',
    '/v1/users/%252e%252e/admin',
    '/v1/users/7%00.json',
    '/v1/users/7%0d%0a',
    '/v1/users/7#/../x',
    '/v1/users/%',
    '/v1/users/%zz',
    '/v1/users/%c0%ae%c0%ae/admin',
    '/v1/users/\u00e9',
    '//v1/users/7',
    'v1/users/7',
    'http://host/v1/users/7',
    '*',
    '',
  ])('never covers %j, which servers read differently', (path) => {
    expect(normalPath(path)).toBeNull();
    expect(endpointAllowed(['* /*', ...allowed], 'GET', path)).toBe(false);
  });

  it('covers only paths that stay the same when they are resolved, merged and decoded once more', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '/',
      '.',
      '..',
      '%2e',
      '%2F',
      ';',
      '\\',
      '%',
      '25',
      '%61',
      '//',
      '#',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const target = `/${pieces.join('')}`;
        const path = normalPath(target);
        if (path === null) return;
        expect(new URL(target, 'http://localhost').pathname).toBe(target);
        expect(path.replace(/%[0-9a-f]{2}/gi, decodeURIComponent)).toBe(path);
        expect(new URL(encodeURI(path), 'http://localhost').pathname).toBe(encodeURI(path));
        expect(path).not.toContain('//');
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    'GET',
    'get /x',
    'GET x',
    'GET /a/../b',
    'GET /a//b',
    'GET /a;b',
    'GET /a?b',
    'GET /%2a',
    'GET /%',
  ])('cannot be %s', (endpoint) => expect(() => checkEndpoint(endpoint)).toThrow('not an endpoint'));
});

describe('restrictions within others', () => {
  it.each([
    [{}, {}, []],
    [{ ips: ['10.0.0.1'] }, {}, []],
    [{ ips: ['10.1.0.0/16'] }, { ips: ['192.0.2.1', '10.0.0.0/8'] }, []],
    [{}, { ips: ['10.0.0.0/8'] }, ['ips']],
    [{ ips: [] }, { ips: ['10.0.0.0/8'] }, ['ips']],
    [{ ips: ['10.0.0.0/7'] }, { ips: ['10.0.0.0/8'] }, ['ips']],
    [{ ips: ['10.0.0.1', '11.0.0.1'] }, { ips: ['10.0.0.0/8'] }, ['ips']],
    [{ ips: ['::/0'] }, { ips: ['0.0.0.0/0'] }, ['ips']],
    [{ referrers: ['https://a.example/x/*'] }, { referrers: ['https://*.example'] }, []],
    [{ referrers: ['*.example'] }, { referrers: ['https://*.example'] }, ['referrers']],
    [{ referrers: ['https://a.example'] }, { referrers: ['https://a.example/x/*'] }, ['referrers']],
    [{ endpoints: ['GET /a/b*'] }, { endpoints: ['* /a/*'] }, []],
    [{ endpoints: ['* /a/b'] }, { endpoints: ['GET /a/*'] }, ['endpoints']],
    [{ endpoints: ['GET /a*'] }, { endpoints: ['GET /a/*'] }, ['endpoints']],
  ] as const)('%j in %j: wider in %j', (inner, outer, wider) => {
    expect(widerRestrictions(inner, outer)).toEqual(wider);
  });

  it('never let through a request that the outer ones refuse', () => {
    const path = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), maxLength: 6 });
    fc.assert(
      fc.property(path, path, path, (inner, outer, asked) => {
        const [one, other] = [{ endpoints: [`GET /${inner}`] }, { endpoints: [`GET /${outer}`] }];
        if (widerRestrictions(one, other).length > 0) return;
        if (!endpointAllowed(one.endpoints, 'GET', `/${asked}`)) return;
        expect(endpointAllowed(other.endpoints, 'GET', `/${asked}`)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
