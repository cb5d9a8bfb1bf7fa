import { expect, it } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';

it('an old key of a key service whose successor has not reached its place: list, show, audit and revoke say so', async () => {
  const keys = await keysInProcess();
  const json = async (...line: string[]) => JSON.parse((await keys.run([...line, '--json'])).stdout);
  expect((await keys.run(['create', 'Yed', '--to', `${keys.home}/yed.env`, '--yes'])).code).toBe(0);
  const [{ id: old }] = await json('list');
  expect((await keys.run(['roll', 'Yed', '--to', 'exec:exit 3', '--yes'])).code).toBe(9);
  const [{ id: operation }] = await json('pending');

  const listed = (await json('list')).find(({ id }: { id: string }) => id === old);
  expect(listed).toMatchObject({ status: 'retiring', next: { event: 'deliver' } });
  const shown = await keys.run(['show', old]);
  expect(shown.stdout).toContain('keys resume delivers its successor');
  const { findings } = JSON.parse((await keys.run(['audit', '--json'], { aheadMs: 91 * 86_400_000 })).stdout);
  const ofOld = findings.filter(({ key }: { key: { id: string } | null }) => key?.id === old);
  expect(ofOld).toContainEqual(
    expect.objectContaining({ rule: 'retiring-overdue', fix: `keys resume ${operation}` }),
  );
  const fixes = ofOld.map(({ fix }: { fix: string | null }) => fix ?? '');
  expect(fixes.filter((fix: string) => /^keys (roll|create) /.test(fix))).toEqual([]);

  const revoked = await keys.run(['revoke', old, '--yes']);
  expect([revoked.code, revoked.stderr]).toEqual([
    0,
    expect.stringMatching(/new key \S+ of Yed has not reached exec:exit 3: keys resume op_\w+ delivers it/),
  ]);
  await keys.remove();
});
