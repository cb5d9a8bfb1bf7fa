import { expect, it } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';
import { loopbackApi } from '../support/vendor-api.js';

it('list and show mark the key of KEYS_API_KEY, where its id is in the credential', async () => {
  const [own, other] = ['a', 'b'].map((letter) => `SK${letter.repeat(32)}`);
  const record = (sid: string | undefined) => ({
    ...{ sid, friendly_name: `key of ${sid?.slice(0, 4)}` },
    date_created: 'Mon, 02 Nov 2026 10:00:00 +0000',
  });
  const api = await loopbackApi((request) =>
    request.url.includes(`/Keys/${own}`)
      ? Response.json(record(own))
      : Response.json({ keys: [record(own), record(other)], next_page_uri: null }),
  );
  const keys = await keysInProcess({ KEYS_API_KEY: `${own}:fake_secret_for_tests_only_000001` });
  const account = ['--provider', 'twilio', '--base-url', api.url, '--set', `account=AC${'0'.repeat(32)}`];
  const listed = await keys.run(['list', '--json', ...account]);
  const marks = (JSON.parse(listed.stdout) as { id: string; logged_in_with?: true }[]).map(
    ({ id, logged_in_with = false }) => [id, logged_in_with],
  );
  expect(marks).toEqual([
    [own, true],
    [other, false],
  ]);
  // Nothing is sent for the mark.
  expect(api.exchanges).toHaveLength(1);
  const shown = await keys.run(['show', own ?? '', '--json', ...account]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ id: own, logged_in_with: true });
  await keys.remove();
});

it('list marks the key of KEYS_API_KEY whose id its secret holds, as SendGrid has it', async () => {
  const api = await loopbackApi(() =>
    Response.json({ result: ['fake_own_id', 'fake_other_id'].map((id) => ({ api_key_id: id, name: id })) }),
  );
  const keys = await keysInProcess({ KEYS_API_KEY: 'SG.fake_own_id.fake_secret_for_tests_only_000001' });
  const { stdout } = await keys.run(['list', '--json', '--provider', 'sendgrid', '--base-url', api.url]);
  expect(JSON.parse(stdout)).toMatchObject([
    { id: 'fake_own_id', logged_in_with: true },
    { id: 'fake_other_id' },
  ]);
  expect(JSON.parse(stdout)[1]).not.toHaveProperty('logged_in_with');
  await keys.remove();
});

it('list marks the key that the vendor named at login', async () => {
  const record = (id: string) => ({ id, name: id, status: 'active', policies: [] });
  const api = await loopbackApi((request) => {
    const own = request.url.endsWith('/verify');
    return Response.json({
      success: true,
      result: own ? { id: 'own', status: 'active' } : ['own', 'other'].map(record),
    });
  });
  const keys = await keysInProcess();
  await keys.run(['config', 'set', 'storage', 'file']);
  const address = ['--provider', 'cloudflare', '--base-url', api.url];
  const login = await keys.run(
    ['login', '--profile', 'edge', ...address, '--with-token', '--insecure-storage'],
    { stdin: 'fake_secret_for_tests_only_000001' },
  );
  expect(`${login.code} ${login.code === 0 ? '' : login.stderr}`).toBe('0 ');
  const { stdout } = await keys.run(['list', '--json', '--profile', 'edge']);
  expect(JSON.parse(stdout)).toMatchObject([{ id: 'own', logged_in_with: true }, { id: 'other' }]);
  await keys.remove();
});
