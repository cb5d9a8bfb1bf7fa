import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { loopbackServer } from '../support/loopback-server.js';

/** Shapes in which vendors say why they refuse a request, each with what a person has to read. */
const SHAPES = [
  [{ errors: [{ reason: 'the name is taken' }] }, 'the name is taken'],
  [{ err_msg: 'the project is disabled', err_code: 7 }, 'the project is disabled'],
  [{ error: { code: 403, reason: 'quota exceeded' } }, 'quota exceeded'],
  [{ detail: { message: 'no such template' } }, 'no such template'],
  [
    { errors: [{ message: 'is invalid', long_message: 'the plan has no more keys' }] },
    'the plan has no more keys',
  ],
  [
    { errors: [{ field: 'permission', code: 'invalid_choice' }] },
    'the field permission is wrong (invalid_choice)',
  ],
] as const;

it.each(SHAPES)('shows the reason of a vendor in a person’s error: %j', async (body, reason) => {
  const url = await loopbackServer((request, response) => {
    request.resume();
    const posts = request.method === 'POST';
    response.writeHead(posts ? 422 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(posts ? body : { data: [], has_more: false }));
  });
  const keys = await keysInProcess({ KEYS_API_KEY: 're_fake_0000000000000000000000' });
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  const order = ['create', 'web', '--provider', 'resend', '--base-url', url, '--to', 'exec:cat > /dev/null'];
  const { code, stdout, stderr } = await keys.run(order);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(`keys: error: ${reason} (POST ${url}/api-keys, status 422)`);
});

it('keeps stdout JSON and masks each secret, for a variable of a GitHub job, of a new key and of several rolled', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await storeSecretsInFile(keys);
  const file = join(keys.home, 'github-env');
  writeFileSync(file, '');
  const env = { GITHUB_ENV: file, GITHUB_ACTIONS: 'true' };
  const secrets = () =>
    [...readFileSync(file, 'utf8').matchAll(/\b(sk_live_\w+)/g)].map(([secret]) => secret);
  for (const name of ['web', 'shop']) {
    const to = `github-env:${name.toUpperCase()}_KEY`;
    const { code, stdout, stderr } = await keys.run(['create', name, '--to', to, '--json'], { env });
    const secret = secrets().at(-1);
    expect([code, JSON.parse(stdout).delivered_to]).toEqual([0, [to]]);
    expect(stderr.match(/^::add-mask::.*$/gm)).toEqual([`::add-mask::${secret}`]);
    expect(stdout).not.toContain(secret);
  }
  for (const name of ['web', 'shop'])
    expect((await keys.run(['places', 'add', name, '--to', `${join(keys.home, name)}.env#KEY`])).code).toBe(
      0,
    );
  const shared = await keys.run(
    ['roll', 'web', 'shop', '--to', 'github-env:ONE', '--json', '--now', '--yes'],
    { env },
  );
  expect([shared.code, shared.stdout]).toEqual([2, '']);
  expect(JSON.parse(shared.stderr).error.message).toContain('would share a place: github-env:ONE');
  for (const name of ['web', 'shop']) {
    const to = `github-env:${name.toUpperCase()}_KEY`;
    const { code, stdout, stderr } = await keys.run(['roll', name, '--to', to, '--json', '--now', '--yes'], {
      env,
    });
    expect([code, JSON.parse(stdout).delivered_to]).toEqual([0, expect.arrayContaining([to])]);
    expect(stderr).toContain(`::add-mask::${secrets().at(-1)}`);
  }
});
