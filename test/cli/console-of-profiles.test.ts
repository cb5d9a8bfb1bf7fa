import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { hiddenFields } from '../support/console-browser.js';
import { consoleInProcess } from '../support/console-in-process.js';
import { gitRepository } from '../support/git-repository.js';
import { startTestService } from '../support/key-service-server.js';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { loopbackApi } from '../support/vendor-api.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

let keys: KeysInProcess;
beforeEach(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
  return () => keys.remove();
});

const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);
const match = (text: string, pattern: RegExp) => pattern.exec(text)?.[1] ?? '';
const linkTo = (name: string) => new RegExp(`href="[^"]*/keys/([^"/]+)"><bdi>${name}<`);
const valueIn = (file: string) => match(readFileSync(file, 'utf8'), /=(.*)$/m);

/** A vendor of this definition, and the profile `acme` that is logged in to it. */
async function vendorOfAcme(definition: Partial<Parameters<typeof writeVendorProvider>[1]> = {}) {
  const vendor = await vendorServer();
  const file = writeVendorProvider(keys.home, { keepsMetadata: true, ...definition });
  await keys.run(['provider', 'add', file]);
  const login = [
    'login',
    '--provider',
    'vendor',
    '--base-url',
    vendor.url,
    '--profile',
    'acme',
    '--with-token',
  ];
  expect((await keys.run(login, { stdin: `${vendor.admin}\n` })).code).toBe(0);
  return vendor;
}

it('shows when this program last used a key of a dashboard, and in a profile the keys of its environment', async () => {
  const demo = await loopbackApi(() => Response.json({}));
  const till = ['--provider', 'tylt', '--base-url', demo.url, '--environment', 'demo'];
  await keys.run(['profile', 'add', 'till', ...till]);
  for (const [turn, environment] of ['demo', 'production'].entries()) {
    const order = [
      'import',
      '--provider',
      'tylt',
      '--environment',
      environment,
      '--name',
      `of ${environment}`,
    ];
    const stdin = `fake-api-key-000${turn}\nfake-secret-key-000${turn}\n`;
    const taken = await keys.run([...order, '--service', 'shop'], { stdin });
    expect(taken.code, taken.stderr).toBe(0);
  }
  const used = await keys.run(['api', 'GET', '/balance', '--key', 'of demo', '--profile', 'till']);
  expect(used.code, used.stderr).toBe(0);
  const { browser, base } = await consoleInProcess(keys);
  for (const sort of ['', '?sort=last_used%3Adesc']) {
    const list = (await browser.get(`${base}/p/till/keys${sort}`)).body;
    expect(list).toMatch(/of demo.*<time[^>]*>[^<]*<\/time> \(here\)/s);
    expect(list).not.toContain('of production');
  }
  expect((await browser.get(`${base}/own/tylt/keys`)).body).toContain('of production');
  const id = match((await browser.get(`${base}/p/till/keys`)).body, linkTo('of demo'));
  const page = (await browser.get(`${base}/p/till/keys/${id}`)).body;
  expect(page).toMatch(/Last used.*<time[^>]*>[^<]*<\/time> \(here\)/s);
});

it('rolls a managed key to its places, and resumes what a place has held up', async () => {
  const file = join(keys.home, 'shop.env');
  expect((await keys.run(['create', 'shop', '--to', file])).code).toBe(0);
  const { browser, base } = await consoleInProcess(keys);
  const own = `${base}/own/keys`;
  const id = match((await browser.get(`${own}/keys`)).body, linkTo('shop'));
  const page = (await browser.get(`${own}/keys/${id}`)).body;
  expect(page).toMatch(/Versions.*active.*Places.*shop\.env.*has this secret/s);
  const before = valueIn(file);
  const roll = `${own}/keys/${id}/roll`;
  const rolled = await browser.submit(roll, roll, { grace: '3600' });
  expect([rolled.status, rolled.body]).toEqual([
    201,
    expect.stringMatching(/Every place has the new secret.*--grace 1h</s),
  ]);
  expect(rolled.body).not.toMatch(/sk_live_\w{36}/);
  expect(valueIn(file)).not.toBe(before);
  const [{ id: successor }] = await json(['list', '--name', 'shop', '--status', 'active']);
  expect(await json(['show', id])).toMatchObject({ status: 'retiring' });

  const broken = await keys.run(['places', 'add', 'shop', '--to', `exec:test -e ${file}.ready`]);
  expect(broken.code).toBe(0);
  const again = `${own}/keys/${successor}/roll`;
  const held = await browser.submit(again, again, { grace: '0' });
  expect([held.status, held.body]).toEqual([201, expect.stringMatching(/pending<.*exec:test/s)]);
  expect(held.body).toMatch(
    /The old key works until every place has the new secret, and until .* at the latest: resume/,
  );
  expect((await browser.get(`${own}/pending`)).body).toContain('The secret waits for');
  expect((await browser.get(base)).body).toContain('1 pending');
  expect((await json(['pending']))[0]).toMatchObject({ kind: 'roll', name: 'shop' });
  expect((await browser.get(`${base}/keys`)).body).toMatch(/Pending:.*own\/keys\/pending">\s*1 of/s);
  // The command that goes on, and not the one that began it.
  expect(held.body).toMatch(/keys resume op_\w+</);
  expect(held.body).not.toMatch(/keys roll key_/);
  const newest = match(held.body, /href="[^"]*\/keys\/(key_\w+)">\s*Show the key/);
  const detail = await browser.get(`${own}/keys/${newest}`);
  const resume = match(detail.body, /action="([^"]*\/pending\/op_\w+\/resume)"/);
  expect((await browser.post(resume, hiddenFields(detail.body))).body).toContain('is not finished');
  writeFileSync(`${file}.ready`, '');
  const done = await browser.post(resume, hiddenFields(detail.body));
  expect([done.status, done.body]).toEqual([200, expect.stringContaining('Every place has the new secret')]);
  expect(await json(['show', successor])).toMatchObject({ status: 'revoked' });
  // What is finished is not resumed again.
  expect(done.body).toContain(`keys show ${newest}<`);
  expect(done.body).not.toContain('keys resume');
  expect((await browser.get(`${own}/pending`)).body).toContain('Nothing is pending');
  // Sent again after another program has finished it.
  expect((await browser.post(resume, hiddenFields(detail.body))).status).toBe(404);
});

it('creates and rolls at a vendor so that the ledger knows the keys, and a lost page loses no secret', async () => {
  const vendor = await vendorOfAcme();
  const { browser, base, said, pauses } = await consoleInProcess(keys);
  const at = `${base}/p/acme`;
  const form = hiddenFields((await browser.get(`${at}/keys/new`)).body);
  const fields = { ...form, name: 'mailer' };
  const [created, twice] = await Promise.all([
    browser.post(`${at}/keys`, fields),
    browser.post(`${at}/keys`, fields),
  ]);
  const secret = match(created.body, /(vnd_\w{48})/);
  expect([created.status, twice.status, vendor.keys.length, secret]).toEqual([
    201,
    201,
    1,
    vendor.keys[0]?.secret,
  ]);
  // The page was lost: what is pending shows it again.
  const pending = await browser.get(`${at}/pending`);
  expect(pending.body).toContain('waits for you to save it');
  const unsaved = (await browser.get(`${at}/keys/vk1`)).body;
  expect(unsaved).toMatch(
    />active<.*>not delivered yet<.*>pending<.*None: a person must still save the secret/s,
  );
  const resume = match(pending.body, /action="([^"]*\/resume)"/);
  expect((await browser.post(resume, hiddenFields(pending.body))).body).toContain(secret);
  const saved = match(created.body, /action="([^"]*\/saved)"/);
  await browser.follow(await browser.post(saved, hiddenFields(created.body)));
  expect((await browser.get(`${at}/pending`)).body).toContain('Nothing is pending');
  const again = await browser.post(`${at}/keys`, fields);
  expect([again.status, again.body.includes('vnd_'), vendor.keys.length]).toEqual([409, false, 1]);
  expect(again.body).toContain('This form has created mailer already');

  // The audit knows the profile and what the vendor can do.
  const { body: audit } = await browser.get(`${at}/audit`);
  expect(audit).toMatch(/credential of acme is in a file/);
  expect(audit).not.toContain('keys --profile acme update');

  const page = await browser.get(`${at}/keys/vk1`);
  expect(page.body).toContain('Versions');
  expect(page.body).not.toMatch(/Save the name|>Pause<|>Change</);
  const rolled = await browser.submit(`${at}/keys/vk1/roll`, `${at}/keys/vk1/roll`, { grace: '0' });
  expect(rolled.body).toMatch(/The old key works until you confirm that you have saved the new secret/);
  expect(rolled.body).toContain('keys --profile acme roll vk1 --now<');
  expect(rolled.body).toContain(vendor.keys[1]?.secret);
  expect(vendor.keys.map(({ revoked }) => revoked)).toEqual([false, false]);
  const end = match(rolled.body, /action="([^"]*\/saved)"/);
  // The vendor does not revoke the old key: the page says what is pending after the secret is saved.
  vendor.refuseRevokes(true);
  const before = said();
  const stuck = await browser.post(end, hiddenFields(rolled.body));
  expect(stuck.body).toMatch(/keys are locked.*The old key ends.*Resume/s);
  expect(stuck.body).not.toContain(vendor.keys[1]?.secret);
  expect(said()).toBe(before);
  vendor.refuseRevokes(false);
  const goOn = match(stuck.body, /action="([^"]*\/resume)"/);
  expect((await browser.post(goOn, hiddenFields(stuck.body))).body).toMatch(
    /is ready.*The old key vk1 is revoked/s,
  );
  expect(vendor.keys.map(({ revoked }) => revoked)).toEqual([true, false]);
  const both = (await browser.get(`${at}/keys/vk2`)).body;
  expect(both).toMatch(/<h2 id="versions">.*None: a person has the secret/s);
  expect(both).not.toMatch(/>not delivered yet<|> ends </);
  const [managed] = await json(['list', '--profile', 'acme']);
  expect(managed).toMatchObject({ id: 'vk2', name: 'mailer' });

  // An audit of many keys lets other requests have their turn.
  const [record] = vendor.keys;
  if (record === undefined) throw new Error('a key was created');
  vendor.keys.push(
    ...Array.from({ length: 100 }, (_, i) => ({
      ...record,
      id: `many${i}`,
      name: `job ${i}`,
      revoked: false,
    })),
  );
  const paused = pauses();
  expect((await browser.get(`${at}/audit`)).body).toContain('101 keys');
  expect(pauses() - paused).toBe(2);
});

it('names the keys that may be the one whose response was lost, and creates it again when they are revoked', async () => {
  const vendor = await vendorOfAcme({ keepsMetadata: false });
  const { browser, base, clock } = await consoleInProcess(keys);
  const at = `${base}/p/acme`;
  const form = hiddenFields((await browser.get(`${at}/keys/new`)).body);
  vendor.loseResponse();
  const lost = await browser.post(`${at}/keys`, { ...form, name: 'mailer' });
  expect(lost.body).toContain('It is not known yet whether the key was created');
  const resume = match(lost.body, /action="([^"]*\/resume)"/);
  const looked = await browser.post(resume, hiddenFields(lost.body));
  expect(looked.body).toMatch(
    /<h1><bdi>mailer<\/bdi> is not finished.*It is not known yet whether.*newer than the request.*href="[^"]*\/keys\/vk1"/s,
  );
  expect(looked.body).not.toContain('The key works');
  await browser.submit(`${at}/keys/vk1/revoke`, `${at}/keys/vk1/revoke`, { confirm: 'mailer' });
  await expect
    .poll(
      async () => {
        clock.advance(60_000);
        return (await browser.post(resume, hiddenFields(lost.body))).body;
      },
      { timeout: 120_000 },
    )
    .toContain('mailer</bdi> is ready');
  expect(vendor.keys.map(({ revoked }) => revoked)).toEqual([true, false]);
});

it('changes keys of a service elsewhere, keeps its own key, and ends after half an hour without a request', async () => {
  const service = await startTestService();
  const login = ['login', '--base-url', service.url, '--profile', 'away', '--with-token'];
  expect((await keys.run(login, { stdin: `${service.managementKey}\n` })).code).toBe(0);
  const { browser, base, clock, look, ended, said } = await consoleInProcess(keys);
  const at = `${base}/p/away`;
  // A profile that is added while the console runs.
  await keys.run(['profile', 'add', 'down', '--base-url', 'http://127.0.0.1:1']);
  expect((await browser.get(`${base}/p/down/keys`)).status).toBe(503);
  // A service that does not respond has the same title as one that does.
  expect((await browser.get(base)).body).toMatch(
    />down<.*127\.0\.0\.1:1.*data-title="Provider"[^>]*><bdi>key service<.*not reached/s,
  );
  const form = hiddenFields((await browser.get(`${at}/keys/new`)).body);
  const created = await browser.post(`${at}/keys`, { ...form, name: 'web', scopes: 'orders:read' });
  expect(created.body).toMatch(/API_KEY=sk_live_\w{36}/);
  const saved = match(created.body, /action="([^"]*\/saved)"/);
  await browser.follow(await browser.post(saved, hiddenFields(created.body)));
  const id = match(saved, /keys\/(\w+)\/saved/);
  // A key that stopped before anybody confirmed its secret.
  const next = hiddenFields((await browser.get(`${at}/keys/new`)).body);
  const draft = await browser.post(`${at}/keys`, { ...next, name: 'draft' });
  const page = match(draft.body, /action="([^"]*)\/saved"/);
  expect((await browser.get(page)).body).toContain('None: a person must still save the secret');
  expect((await browser.get(`${at}/pending`)).body).toMatch(/<time[^>]*>just now</);
  await browser.submit(`${page}/revoke`, `${page}/revoke`, { confirm: 'draft' });
  expect((await browser.get(page)).body).toMatch(/>revoked<.*<h2 id="places">.*>None\.</s);
  const edited = await browser.submit(`${at}/keys/${id}/edit`, `${at}/keys/${id}/edit`, {
    owner: 'shop team',
  });
  expect((await browser.follow(edited)).body).toContain('The key is changed');
  expect(await json(['show', id, '--profile', 'away'])).toMatchObject({
    owner: 'shop team',
    scopes: ['orders:read'],
  });

  const own = match((await browser.get(`${at}/keys`)).body, linkTo('management key'));
  const refused = await browser.submit(`${at}/keys/${own}/pause`, `${at}/keys/${own}/pause`, {
    confirm: 'management key',
  });
  expect([refused.status, refused.body]).toEqual([409, expect.stringContaining('authenticated by')]);
  // The session of this console does not end with the key: the profile would lose it.
  const revoke = await browser.get(`${at}/keys/${own}/revoke`);
  expect(revoke.body).toMatch(
    /Keys signs in to away with this key.*log in with another key.*No other key can manage keys here/is,
  );
  expect(revoke.body).not.toContain('signs you out');
  const { body: audit } = await browser.get(`${at}/audit`);
  expect(audit).toContain('it is the key that signs in here');
  expect(audit).not.toMatch(new RegExp(`keys (revoke|update) ${own}`));

  clock.advance(29 * 60_000);
  await look();
  expect((await browser.get(base)).status).toBe(200);
  clock.advance(30 * 60_000);
  await look();
  await ended;
  expect(said()).toContain('the console ends: no request for 30 minutes');
});

it('delivers a new key to the places of the form, and adds and removes places of a managed key', async () => {
  const file = join(keys.home, 'shop.env');
  const { browser, base } = await consoleInProcess(keys);
  const own = `${base}/own/keys`;
  const { body: form } = await browser.get(`${own}/keys/new`);
  expect(form).toMatch(/Deliver to.*<option value="keychain".*exec:COMMAND/s);
  const create = async (fields: Record<string, string>) =>
    await browser.post(`${own}/keys`, {
      ...hiddenFields((await browser.get(`${own}/keys/new`)).body),
      ...fields,
    });
  const created = await create({ name: 'shop', to1: `${file}#SHOP_KEY` });
  expect([created.status, created.body]).toEqual([
    201,
    expect.stringMatching(/Every place has the new secret.*--to &#39;?.*shop\.env#SHOP_KEY/s),
  ]);
  const secret = valueIn(file);
  expect(secret).toMatch(/^sk_live_/);
  expect(created.body).not.toContain(secret);
  // A place has room for one secret: the form comes back, and nothing was created.
  const taken = await create({ name: 'web', to1: `${file}#SHOP_KEY` });
  expect([taken.status, taken.body]).toEqual([
    409,
    expect.stringMatching(
      /holds the secret of shop.*“Overwrite a secret of another key”.*value="[^"]*#SHOP_KEY"/s,
    ),
  ]);
  // A button sends the form again to a place beside it, another one overwrites it.
  expect(taken.body).toMatch(/<input id="to1"[^>]*aria-invalid="true"/);
  const instead = match(taken.body, /<button type="submit" name="to1" value="([^"]*)">/);
  expect(instead).toMatch(/shop\.env#WEB/);
  expect(taken.body).toMatch(/<button type="submit" name="replace" value="yes">/);
  // Enter in a field presses the first button, which changes nothing.
  expect(taken.body.indexOf('Create key</button>')).toBeLessThan(
    taken.body.indexOf('name="to1" value="file:'),
  );
  const beside = await create({ ...hiddenFields(taken.body), name: 'web', to1: instead });
  expect([beside.status, readFileSync(file, 'utf8')]).toEqual([
    201,
    expect.stringMatching(/^WEB\w*=sk_live_/m),
  ]);
  const [{ id: beside1 }] = await json(['list', '--name', 'web']);
  await keys.run(['revoke', beside1, '--erase', '--yes']);
  // Every place that is wrong is marked, and so is what else is wrong.
  const all = await create({ name: 'web', rate: 'x', to1: `${file}#SHOP_KEY`, to2: 'exec:touch never-made' });
  expect([...all.body.matchAll(/<input id="(\w+)"[^>]*aria-invalid="true"/g)].map(([, id]) => id)).toEqual([
    'rate',
    'to1',
    'to2',
  ]);
  const unknown = await create({ name: 'web', to1: 'exec:touch never-made' });
  expect([unknown.status, unknown.body]).toEqual([409, expect.stringContaining('cannot run a command')]);
  const odd = await create({ name: 'web', to1: `${join(keys.home, 'settings.ini')}#A` });
  expect([odd.status, odd.body]).toEqual([409, expect.stringContaining('not named like an env file')]);
  expect((await json(['list'])).map(({ name }: { name: string }) => name)).toEqual(['shop']);

  const id = match((await browser.get(`${own}/keys`)).body, linkTo('shop'));
  const other = join(keys.home, 'other.env');
  const places = `${own}/keys/${id}/places`;
  const added = await browser.submit(places, places, { to1: `${other}#SHOP_KEY`, when: 'now' });
  expect((await browser.follow(added)).body).toMatch(/The secret is delivered.*other\.env/s);
  expect(valueIn(other)).toBe(secret);
  const later = await browser.submit(places, places, { to1: `${file}#LATER`, when: 'roll' });
  expect((await browser.follow(later)).body).toMatch(
    /The next roll delivers there.*LATER.*has no secret yet/s,
  );
  const removing = match(
    (await browser.get(`${own}/keys/${id}`)).body,
    /href="([^"]*remove[^"]*other[^"]*)"/,
  );
  const removal = hiddenFields((await browser.get(removing)).body);
  const removed = await browser.post(`${places}/remove`, { ...removal, erase: 'yes' });
  expect((await browser.follow(removed)).body).toContain('The place is removed, and the secret there');
  expect(readFileSync(other, 'utf8')).not.toContain(secret);
  expect((await json(['places', 'list', 'shop'])).map(({ place }: { place: string }) => place)).toEqual([
    `file:${file}#SHOP_KEY`,
    `file:${file}#LATER`,
  ]);
});

it('says on the page what a delivery warns of, and resumes a create that a place has held up', async () => {
  const { root } = gitRepository();
  const ready = join(keys.home, 'ready');
  await keys.run(['create', 'shop', '--to', join(keys.home, 'shop.env')]);
  await keys.run(['places', 'add', 'shop', '--to', `exec:test -e ${ready}`]);
  const { browser, base, said } = await consoleInProcess(keys);
  const own = `${base}/own/keys`;
  const form = hiddenFields((await browser.get(`${own}/keys/new`)).body);
  const held = await browser.post(`${own}/keys`, {
    ...{ ...form, name: 'web' },
    ...{ to1: join(root, 'web.env'), to2: `exec:test -e ${ready}` },
  });
  expect([held.status, held.body]).toEqual([
    201,
    expect.stringMatching(/is not finished.*git does not ignore.*web\.env.*delivered<.*pending<.*exec:test/s),
  ]);
  expect(held.body).toMatch(/keys resume op_\w+</);
  expect(said()).not.toContain('git does not ignore');
  const resume = match(held.body, /action="([^"]*\/pending\/op_\w+\/resume)"/);
  writeFileSync(ready, '');
  const done = await browser.post(resume, hiddenFields(held.body));
  expect([done.status, done.body]).toEqual([200, expect.stringContaining('Every place has the new secret')]);
  expect((await json(['list', '--name', 'web']))[0]).toMatchObject({ status: 'active' });
});

it('shows on the page what a revoke leaves behind', async () => {
  const file = join(keys.home, 'shop.env');
  const ready = join(keys.home, 'ready');
  await keys.run(['create', 'shop', '--to', file]);
  await keys.run(['places', 'add', 'shop', '--to', `exec:test -e ${ready}`]);
  const { browser, base, said } = await consoleInProcess(keys);
  const before = said();
  const own = `${base}/own/keys`;
  const id = match((await browser.get(`${own}/keys`)).body, linkTo('shop'));
  // A roll that a place holds up, and the key that it would have replaced is revoked.
  const roll = `${own}/keys/${id}/roll`;
  const held = await browser.submit(roll, roll, { grace: '3600' });
  const successor = match(held.body, /href="[^"]*\/keys\/(key_\w+)">\s*Show the key/);
  const revoke = `${own}/keys/${successor}/revoke`;
  // The service has given the old key an end at the roll. The page and the terminal say so before.
  const end = 'expires in .*nothing replaces it: change its expiry to keep it';
  expect((await browser.get(revoke)).body).toMatch(
    new RegExp(`Its roll is not finished, and is given up.*The old key .*>${id}<.* ${end}`, 's'),
  );
  const dry = await keys.run(['revoke', successor, '--dry-run']);
  expect(dry.stderr).toMatch(
    new RegExp(`the roll of shop is not finished, and is given up: the old key ${id} ${end}`, 's'),
  );
  const revoked = await browser.submit(revoke, revoke, { confirm: 'shop' });
  const page = await browser.follow(revoked);
  expect(page.body).toMatch(
    new RegExp(
      `The key is revoked.*its roll was not finished, and is given up.*the old key .*>${id}<.* ${end}.*shop\\.env#API_KEY still has the secret of this key`,
      's',
    ),
  );
  // The ledger knows the end, too, and nothing is pending. A new expiry keeps the old key.
  expect((await browser.get(`${own}/keys/${id}`)).body).toMatch(
    new RegExp(`<code>${id}</code>\\s*<span[^>]*>\\s*ends`),
  );
  expect(await json(['pending'])).toEqual([]);
  expect(await json(['show', id])).toMatchObject({ status: 'retiring', rolled_to: successor });
  expect((await keys.run(['update', id, '--expires', 'never'])).code).toBe(0);
  expect(await json(['show', id])).toMatchObject({ status: 'active', expires_at: null });
  // Once: the address has nothing of it.
  expect((await browser.get(String(revoked.headers['location']))).body).not.toContain('is given up');
  expect(said()).toBe(before);
});

it('lets two consoles work on one ledger at once', async () => {
  const file = join(keys.home, 'shop.env');
  await keys.run(['create', 'shop', '--to', file]);
  const [one, two] = [await consoleInProcess(keys), await consoleInProcess(keys)];
  const sides = [one, two].map(({ browser, base }) => ({ browser, own: `${base}/own/keys` }));
  const id = match((await one.browser.get(`${one.base}/own/keys/keys`)).body, linkTo('shop'));
  // Both forms are open before either is sent.
  const rolls = await Promise.all(
    sides.map(async ({ browser, own }) => {
      const path = `${own}/keys/${id}/roll`;
      const form = hiddenFields((await browser.get(path)).body);
      return () => browser.post(path, { ...form, grace: '3600' });
    }),
  );
  const rolled = await Promise.all(rolls.map((send) => send()));
  // The second one continues the first one's roll, or hears that the key is rolled. There is one successor.
  expect(rolled.map(({ status }) => status).sort()[0]).toBe(201);
  const working = await json(['list', '--name', 'shop', '--status', 'active']);
  expect(working).toHaveLength(1);
  for (const { browser, own } of sides) {
    expect((await browser.get(`${own}/pending`)).body).not.toContain('The secret waits');
    expect((await browser.get(`${own}/keys/${working[0].id}`)).body).toContain('has this secret');
  }
});

it('lists old keys of a dashboard among what is pending, as keys pending does', async () => {
  const order = ['import', '--provider', 'swiftsell', '--name', 'Shop', '--json'];
  const [old] = [JSON.parse((await keys.run(order, { stdin: 'ss_fake_key_of_test_1' })).stdout)];
  const second = await keys.run([...order, '--successor'], { stdin: 'ss_fake_key_of_test_2' });
  expect(second.code, second.stderr).toBe(0);
  const { browser, base } = await consoleInProcess(keys);
  const own = `${base}/own/swiftsell`;
  const page = (await browser.get(`${own}/pending`)).body;
  const [{ id: successor }] = await json(['list', '--provider', 'swiftsell', '--status', 'active']);
  // The pages of both keys name the one to delete, as keys show does.
  const pages = [page];
  for (const id of [old.id, successor]) pages.push((await browser.get(`${own}/keys/${id}`)).body);
  for (const body of pages) {
    expect(body).toMatch(/Shop.*The old key .*which ends in ….*st_1.*works until you revoke it/s);
    expect(body).toContain(`href="${own}/keys/${old.id}"`);
    expect(body).toContain(`>keys --provider swiftsell revoke ${old.id}<`);
    expect(body).not.toContain('Resume');
  }
  expect((await browser.get(base)).body).toContain('1 pending');
  expect((await json(['pending'])).map(({ id }: { id: string }) => id)).toEqual([old.id]);
  expect((await keys.run(['revoke', old.id, '--provider', 'swiftsell', '--yes'])).code).toBe(0);
  expect((await browser.get(`${own}/pending`)).body).toContain('Nothing is pending');
  for (const id of [old.id, successor])
    expect((await browser.get(`${own}/keys/${id}`)).body).not.toContain('works until you revoke it');
});

it.each([
  ['of at most 60 days', 60, ['30 days']],
  ['of at most a week', 7, ['7 days']],
])(
  'a vendor whose keys must have an end, %s: the form proposes one, and never is no choice',
  async (_, days, choices) => {
    const expires_at = { about: 'any time', required: true, atMostSeconds: days * 86_400 };
    await vendorOfAcme({ accepts: { expires_at } });
    const { browser, base } = await consoleInProcess(keys);
    const { body } = await browser.get(`${base}/p/acme/keys/new`);
    const [, select = ''] = /<select id="expires"[^>]*>(.*?)<\/select>/s.exec(body) ?? [];
    expect([...select.matchAll(/>(\d+ days|never)/g)].map(([, title]) => title)).toEqual(choices);
  },
);
