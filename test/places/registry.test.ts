import { expect, it } from 'vitest';
import { parsePlace, placeKinds, withNames } from '../../src/places/registry.js';
import { LOCAL_KINDS } from '../../src/storage/ledger/local-to-machine.js';

const NO_OWN = {
  settings: () => ({ placeKinds: () => ({}) }),
  process: { library: '', platform: process.platform },
  output: { warn: () => undefined },
};
const at = { directory: '/home/me', env: {} };

it.each([
  ['.env', 'file:/home/me/.env'],
  ['.env#WEB_KEY', 'file:/home/me/.env#WEB_KEY'],
  ['./a b#c.env#A,B', 'file:/home/me/a b#c.env#A,B'],
  ['file:/srv/github:x', 'file:/srv/github:x'],
  ['keychain', 'keychain'],
  ['exec:cat > x', 'exec:cat > x'],
  ['github-env:CI_KEY', 'github-env:CI_KEY'],
  ['github-env#CI_KEY', 'github-env:CI_KEY'],
  ['github-output:', 'github-output'],
])('reads %j as %j, and that again', async (text, address) => {
  const place = await parsePlace(text, at);
  expect(place.address).toBe(address);
  expect(await parsePlace(address, { directory: '/elsewhere', env: {} })).toMatchObject({ address });
});

it.each([
  ['', /empty/],
  ['-', /stdout is not a place/],
  ['stdout', /stdout is not a place/],
  ['exec', /needs more/],
  ['exec:  ', /empty/],
  ['exce:cat', /no such kind.*/],
  ['keychain:team', /no address/],
  ['keychain#A', /no variables/],
  ['WEB_API_KEY', /looks like a variable/],
  ['keychian', /no such kind of place: keychian/],
  ['Keychain', /no such kind of place: Keychain/],
  ['clipbord', /no such kind of place: clipbord/],
  ['gihub#X', /no such kind of place: gihub/],
  ['env', /no such kind of place: env/],
  ['file', /no such kind of place: file/],
  ['GITHUB_ENV:CI_KEY', /no such kind of place: GITHUB_ENV/],
  ['Vault:secret/web#key', /no such kind of place: Vault/],
  ['.env#', /not a variable/],
  ['.env#A,B,C', /not a variable/],
  ['.env#web', /not a name/],
  ['.env#PATH', /reserved by/],
  ['file:', /no path/],
  ['github-env:A,B,C', /more than two/],
])('refuses %j', async (text, message) => {
  await expect(parsePlace(text, at)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(message),
  });
});

it.each(['secrets', 'prod', './keychian', 'keychian.env', 'out/vault'])(
  'takes %s for a file',
  async (text) => {
    expect((await parsePlace(text, at)).kind).toBe('file');
  },
);

it('says what was probably meant', async () => {
  for (const [text, hint] of [
    ['keychian', 'did you mean keychain? For a file of this name, ./keychian'],
    ['github', "such as --to 'github:acme"],
    ['vercel', "such as --to 'vercel:acme/web#"],
  ] as const)
    await expect(parsePlace(text, at)).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  await expect(parsePlace('exce:cat', at)).rejects.toMatchObject({
    hint: expect.stringContaining('exec:cat'),
  });
  await expect(parsePlace('WEB_KEY', at)).rejects.toMatchObject({
    hint: expect.stringContaining('.env#WEB_KEY'),
  });
});

it.each([
  ['.env', ['RESEND_API_KEY'], ['RESEND_API_KEY']],
  ['.env', ['TWILIO_API_KEY', 'TWILIO_API_SECRET'], ['TWILIO_API_KEY', 'TWILIO_API_SECRET']],
  ['.env#TWILIO_API_KEY', ['TWILIO_API_KEY', 'TWILIO_API_SECRET'], ['TWILIO_API_KEY', 'TWILIO_API_SECRET']],
  ['.env#PAY', ['TWILIO_API_KEY', 'TWILIO_API_SECRET'], ['PAY', 'PAY_SECRET_KEY']],
  ['.env#ID,KEY', ['TWILIO_API_KEY', 'TWILIO_API_SECRET'], ['ID', 'KEY']],
  ['keychain', ['RESEND_API_KEY'], []],
])('names the variables of %s for %j', async (text, variables, names) => {
  expect((await withNames(await parsePlace(text, at), variables)).names).toEqual(names);
});

it('refuses two names for one secret', async () => {
  await expect(withNames(await parsePlace('.env#A,B', at), ['X'])).rejects.toMatchObject({ code: 'usage' });
});

it('has kinds whose examples are read', async () => {
  for (const kind of await placeKinds(NO_OWN)) {
    for (const example of kind.examples) {
      expect((await parsePlace(example.replace(/^'|'$/g, ''), at)).kind).toBe(kind.id);
    }
  }
});

it('has the local kinds that a shared ledger keeps apart for each machine', async () => {
  const local = (await placeKinds(NO_OWN)).filter((kind) => kind.local && kind.remembered);
  expect(new Set(local.map(({ id }) => id))).toEqual(LOCAL_KINDS);
});
