import { expect, it, onTestFinished } from 'vitest';
import { keysProgram, storeSecretsInFile } from '../support/keys.js';

it('takes the name of an import as create does, once, and never the key itself', async () => {
  const keys = await keysProgram();
  onTestFinished(keys.remove);
  await storeSecretsInFile(keys);
  const { stdout } = await keys.run(['create', 'web', '--raw']);
  const secret = stdout.trim();
  expect(await keys.run(['import', 'web', '--name', 'web'], { stdin: secret })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('the name is given twice'),
  });
  const asName = await keys.run(['import', secret], { stdin: secret });
  expect([asName.code, asName.stderr]).toEqual([2, expect.stringMatching(/secret/)]);
  expect(asName.stderr + asName.stdout).not.toContain(secret);
  const imported = await keys.run(['import', 'web', '--json'], { stdin: secret });
  expect([imported.code, JSON.parse(imported.stdout).name]).toEqual([0, 'web']);
});

it('an import that names a key otherwise than its service is refused, and so is a name with blanks around it', async () => {
  const keys = await keysProgram();
  onTestFinished(keys.remove);
  await storeSecretsInFile(keys);
  const blank = await keys.run(['create', 'web ']);
  expect([blank.code, blank.stderr]).toEqual([2, expect.stringContaining('begins or ends with a blank')]);
  const secret = (await keys.run(['create', 'web', '--raw'])).stdout;
  const other = await keys.run(['import', '--name', 'shop'], { stdin: secret });
  expect([other.code, other.stderr]).toEqual([
    6,
    expect.stringContaining('the name of this key is web at its service, not shop'),
  ]);
  const type = await keys.run(['import', '--type', 'public'], { stdin: secret });
  expect([type.code, type.stderr]).toEqual([6, expect.stringContaining('the type of this key is secret')]);
  expect(await keys.run(['import', '--name', 'web'], { stdin: secret })).toMatchObject({ code: 0 });
});
