import { expect, it } from 'vitest';
import { compareRights } from '../../src/lifecycle/as-code/compare-rights.js';
import { isSameRight } from '../../src/lifecycle/operation/same-rights.js';
import { keysInProcess } from '../support/keys-in-process.js';

it('the order of members and of lists does not count, nor does what is empty', () => {
  const one = { scopes: ['a:read', 'b:read'], environment: 'live', owner: null, restrictions: { ips: [] } };
  expect(isSameRight(one, { environment: 'live', scopes: ['b:read', 'a:read'] })).toBe(true);
  expect(isSameRight(one, { environment: 'test', scopes: ['b:read', 'a:read'] })).toBe(false);
  expect(isSameRight({ limits: { uses: 5 } }, { limits: { uses: 500 } })).toBe(false);
});

it('a number among the options of keys.yaml is compared exactly, and a lifetime as vendors round it', () => {
  const key = { id: 'id-1', name: 'web', options: { limit: 5 } };
  const edited = (limit: number) => compareRights({ options: { limit } }, key, key, null).edited;
  expect(edited(500)).toEqual(['options.limit']);
  expect(edited(5)).toEqual([]);
  const remembered = { lifetime_ms: 3_600_000 };
  expect(compareRights({ lifetime_ms: 3_600_001 }, key, key, remembered).edited).toEqual([]);
});

it('a pending create goes on where its flags come in another order, or say what is the default', async () => {
  const keys = await keysInProcess();
  const create = async (...flags: string[]) => await keys.run(['create', 'web', ...flags]);
  expect(await create('--scope', 'a:read', '--owner', 'acme', '--to', 'exec:false')).toMatchObject({
    code: 9,
  });
  const other = await create('--scope', 'b:read', '--owner', 'acme', '--to', 'exec:true');
  expect(other).toMatchObject({ code: 6, stderr: expect.stringContaining('with other rights') });
  const again = ['--environment', 'live', '--owner', 'acme', '--scope', 'a:read', '--to', 'exec:false'];
  expect((await create(...again)).stderr).not.toContain('with other rights');
});
