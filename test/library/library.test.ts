import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { newProviderFile } from '../../src/providers/new-provider.js';
import { resend } from '../providers/fixtures/resend.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { vendorApi } from '../support/vendor-api.js';

const ROOT = join(import.meta.dirname, '../..');

/** A project that has this package installed. */
function project(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules/keys'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  return folder;
}

it('manages keys from a program that has installed it', async () => {
  const folder = project();
  const api = await vendorApi(resend);
  writeFileSync(
    join(folder, 'main.js'),
    `import { allKeys, connect, KeysError } from 'keys';
const service = await connect({ provider: 'resend', credential: process.env.ADMIN, baseUrl: process.env.URL });
const { key, credential } = await service.create({ name: 'web' }, { idempotencyKey: 'x'.repeat(43) });
const names = [];
for await (const key of allKeys(service, {})) names.push(key.name);
await service.revoke(key.id);
const failure = await service.revoke(key.id).catch((error) => error instanceof KeysError && error.code);
console.log(JSON.stringify({ names, secret: credential.secret.slice(0, 3), failure }));
await service.close();`,
  );
  const { stdout } = await execa('node', [join(folder, 'main.js')], {
    env: { ADMIN: resend.credential, URL: api.url },
    timeout: 120_000,
  });
  expect(JSON.parse(stdout)).toEqual({ names: ['web'], secret: 're_', failure: 'not_found' });
});

it('brings types that hold a provider file to what it must say', async () => {
  const folder = project();
  const check = async (text: string) => {
    writeFileSync(join(folder, 'acme.mjs'), text);
    const { stdout } = await execa(
      'node',
      [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...['--allowJs', '--checkJs', '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023'],
        ...['--module', 'nodenext', '--types', '', 'acme.mjs'],
      ],
      { cwd: folder, reject: false },
    );
    return stdout;
  };
  const whole = newProviderFile('acme');
  expect(await check(whole)).toBe('');
  expect(await check(whole.replace('auth: bearer', "auth: 'bearer'"))).toContain('RequestAuth');
  expect(await check(whole.replace('list: {', 'lst: {'))).toContain('lst');
});
