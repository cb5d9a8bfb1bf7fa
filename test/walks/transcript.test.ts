import { writeFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import type { PlaceName } from './places.js';
import { VENDOR_KINDS } from './vendor-kinds.js';
import { openWorld } from './world.js';

/** Keeps the transcript in this file as well, for people to read. */
const KEPT = process.env['KEYS_TRANSCRIPT'];

/** What a reader of the transcript does not need: the walk's folder, random ids, and times. */
function readable(text: string, folder: string): string {
  return text
    .replaceAll(folder, '.')
    .replace(
      /exec:test ! -e '\.\/exec-(\w+)-web\.blocked' && cat > '(?:\.\/exec-\w+-web' && test ! -e '[^']*'|[^'\n]*?…)/g,
      'exec:deploy $1',
    )
    .replace(/command test ! -e '\.\/exec-[^']*' &&…/g, 'its command')
    .replace(/\b(key|op)_\w+/g, '$1_…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/[ \t]+$/gm, '');
}

it('three keys with two places each are rolled when due, and resume finishes what one place held up', async () => {
  const accounts = ['plain', 'unique', 'service'];
  const world = await openWorld(VENDOR_KINDS.filter(({ id }) => accounts.includes(id)));
  onTestFinished(() => world.close());
  const lines: string[] = [];
  const keys = async (...args: string[]) => {
    const { code, stdout, stderr } = await world.run(args);
    const said = `${stdout}${stdout !== '' && !stdout.endsWith('\n') ? '\n' : ''}${stderr}`.trimEnd();
    lines.push(readable(`$ keys ${args.join(' ')}\n${said}\n[${code}]\n`, world.folder));
    return { code, stdout };
  };
  const shell = (text: string) => lines.push(`$ ${text}\n`);
  const owner = (at: string) => `${at}/web`;
  const variables: Readonly<Record<string, PlaceName>> = {
    plain: 'a#WEB',
    unique: 'a#SHOP',
    service: 'b#WEB',
  };
  const placesOf = (at: string): PlaceName[] => ['exec', variables[at] ?? 'a#WEB'];
  const secrets = (at: string) => placesOf(at).map((place) => world.places.read(place, owner(at))[0] ?? '');

  for (const at of accounts) {
    const to = world.places.options(placesOf(at), owner(at));
    const rights = ['--scope', 'a:read', '--rotate', '30d', '--grace', '2h'];
    expect((await keys('create', 'web', '--profile', at, ...rights, ...to, '--json')).code).toBe(0);
  }
  const first = new Map(accounts.map((at) => [at, secrets(at)]));
  shell('# 31 days later; the command of one key fails');
  world.pass(31 * 24);
  world.places.block('exec', owner('unique'), true);
  for (const at of accounts)
    expect((await keys('roll', '--due', '--yes', '--profile', at)).code, at).toBe(at === 'unique' ? 9 : 0);
  // Where a place has failed, the old key works on, whatever time passes.
  shell('# 3 hours later');
  world.pass(3);
  expect((await keys('pending')).code).toBe(0);
  expect((await keys('resume')).code).toBe(9);
  const [stillThere = ''] = first.get('unique') ?? [];
  expect(await world.account('unique').holder(stillThere)).not.toBeNull();

  shell('# the command works again');
  world.places.heal();
  expect((await keys('resume')).code).toBe(0);
  for (const at of accounts) {
    const [one, two] = secrets(at);
    expect(one).toBe(two);
    expect(one).not.toBe(first.get(at)?.[0]);
    expect(await world.account(at).holder(one ?? ''), at).not.toBeNull();
  }
  shell('# 3 hours later');
  world.pass(3);
  expect((await keys('resume')).code).toBe(0);
  expect((await keys('resume')).stdout).toBe('');
  for (const at of accounts) {
    expect((await keys('list', '--profile', at)).code).toBe(0);
    // Where names are unique, the successor has another one at the vendor.
    const key = JSON.parse((await keys('show', 'web', '--profile', at, '--json')).stdout);
    expect(key?.managed_name ?? key?.name).toBe('web');
    expect((await world.account(at).keys()).filter(({ live }) => live)).toHaveLength(1);
    expect(await world.account(at).holder(first.get(at)?.[0] ?? ''), at).toBeNull();
  }
  expect(JSON.parse((await keys('pending', '--json')).stdout)).toEqual([]);
  const transcript = lines.join('\n');
  // A person calls the key web, whatever name its successor has at the vendor.
  expect(transcript).toContain('roll of web (k10)');
  for (const at of accounts) for (const secret of secrets(at)) expect(transcript).not.toContain(secret);
  if (KEPT !== undefined) writeFileSync(KEPT, transcript);
}, 300_000);
