import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';

const SCRIPT = join(import.meta.dirname, '../../.ci/check-licences.mjs');

async function check(packages: Readonly<Record<string, object>>) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  const { exitCode, stderr } = await execa('node', [SCRIPT, folder], { reject: false });
  return { exitCode, stderr };
}

it('are all compatible', async () => {
  expect((await execa('node', [SCRIPT], { reject: false })).exitCode).toBe(0);
});

it.each([
  ['GPL-3.0', { license: 'GPL-3.0' }, 1],
  ['none that is said', {}, 1],
  ['two of which one is not', { license: 'MIT AND GPL-3.0' }, 1],
  ['a choice of which one is', { license: '(GPL-3.0 OR MIT)' }, 0],
  ['one that only the tests use', { license: 'GPL-3.0', dev: true }, 0],
])('judge %s', async (_, told, exitCode) => {
  const result = await check({ 'node_modules/some': told });
  expect(result.exitCode).toBe(exitCode);
  if (exitCode === 1) expect(result.stderr).toContain('some: ');
});
