import { describe, expect, it } from 'vitest';
import type { Key } from '../../src/domain/key.js';
import { successorOf } from '../../src/lifecycle/roll/rights.js';
import type { SuccessorRules } from '../../src/lifecycle/roll/successor-rules.js';

const NOW = Date.now();
const key: Key = { id: 'id-1', name: 'web', status: 'active' };
/** A definition that declares nothing of its records. */
const undeclared: SuccessorRules = {
  ...{ title: 'Acme', accepts: {}, context: [], options: [], keepsMetadata: false },
  shows: { list: [], get: [] },
};

describe('a successor at a vendor whose definition declares nothing', () => {
  const collections = { name: 'collections', about: 'what a key may use', required: false };
  const withSetting = { ...undeclared, context: [collections] };

  it('is refused without a setting that neither record nor ledger knows, and the error names it', () => {
    expect(() => successorOf(key, null, withSetting, {}, NOW)).toThrow('--set collections=…');
    expect(successorOf(key, null, withSetting, { options: ['collections'] }, NOW)).toEqual({ name: 'web' });
    expect(successorOf(key, { lifetime_ms: null }, withSetting, {}, NOW)).toEqual({ name: 'web' });
  });

  it('is refused without restrictions that neither knows', () => {
    const restricted = { ...undeclared, accepts: { referrers: 'pages' } };
    expect(() => successorOf(key, null, restricted, {}, NOW)).toThrow('restrictions');
    const restrictions = { referrers: ['https://shop.example/*'] };
    expect(successorOf({ ...key, restrictions }, null, restricted, {}, NOW)).toMatchObject({ restrictions });
  });

  it('needs nothing where the vendor has no settings, or only those that every call gives', () => {
    expect(successorOf(key, null, undeclared, {}, NOW)).toEqual({ name: 'web' });
    const project = { ...undeclared, context: [{ name: 'project', about: 'its id', required: true }] };
    expect(successorOf(key, null, project, {}, NOW)).toEqual({ name: 'web' });
  });
});

/** A vendor with an option that no record tells. */
const domain = {
  name: 'domain',
  about: 'its id',
  kind: 'text',
  required: false,
  shownBy: null,
  changeable: false,
} as const;
const vendor: SuccessorRules = {
  ...{ title: 'Acme', accepts: {}, context: [], options: [domain], keepsMetadata: false },
  shows: { list: ['name'], get: [] },
};

it('is refused without an option that no record tells, and the hint names a way to say none', () => {
  expect(() => successorOf(key, null, vendor, {}, NOW)).toThrow(
    expect.objectContaining({ hint: expect.stringContaining('(--set domain= for none)') }),
  );
  expect(successorOf(key, null, vendor, { options: ['domain'] }, NOW)).toEqual({ name: 'web' });
});

it('keeps its own option where only the profile names another, and takes what the call gives', () => {
  const rights = { lifetime_ms: null, options: { domain: 'dom_own' } };
  expect(successorOf(key, rights, vendor, { defaults: ['domain'] }, NOW)).toMatchObject({
    options: { domain: 'dom_own' },
  });
  expect(successorOf(key, rights, vendor, { options: ['domain'] }, NOW).options).toBeUndefined();
  expect(successorOf(key, null, vendor, { defaults: ['domain'] }, NOW).options).toBeUndefined();
});

it('is refused without limits or an owner that neither record nor ledger knows', () => {
  for (const field of ['limits', 'owner'] as const) {
    const limited = { ...undeclared, accepts: { [field]: 'its own' } };
    expect(() => successorOf(key, null, limited, {}, NOW)).toThrow(field);
    expect(successorOf(key, { lifetime_ms: null }, limited, {}, NOW)).toEqual({ name: 'web' });
  }
});

it('is refused where the definition has lost what the key was created with', () => {
  const rights = {
    ...{ lifetime_ms: 90, options: { domain: 'dom_own', indexes: ['shop'] }, scopes: ['search'] },
    ...{ limits: { rate: '5/min' }, owner: 'ann' },
  };
  const kept = { scopes: { about: '' }, limits: '', owner: '', expires_at: '' };
  const indexes = { ...domain, name: 'indexes', kind: 'texts' } as const;
  const whole: SuccessorRules = { ...vendor, accepts: kept, options: [domain, indexes] };
  expect(successorOf(key, rights, whole, {}, NOW)).toMatchObject({ options: rights.options });
  const lost = (rules: Partial<SuccessorRules>) => () =>
    successorOf(key, rights, { ...whole, ...rules }, {}, NOW);
  expect(lost({ options: [domain] })).toThrow('web was created with indexes, and Acme no longer has that');
  for (const field of ['scopes', 'limits', 'owner', 'expires_at'] as const) {
    const { [field]: _, ...accepts } = kept;
    expect(lost({ accepts })).toThrow(`web was created with ${field}, and`);
  }
});
