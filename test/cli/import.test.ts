import { expect, it, onTestFinished } from 'vitest';
import { keysProgram, storeSecretsInFile } from '../support/keys.js';

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
