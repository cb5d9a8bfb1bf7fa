import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DAY_MS } from '../../src/domain/duration.js';
import { VENDORS } from '../providers/fixtures/all.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { vendorApi } from '../support/vendor-api.js';

interface Found {
  readonly rule: string;
  readonly fix: string | null;
  readonly key: { readonly id: string; readonly name: string } | null;
}

/** What a person writes in the place of the words in capitals. */
const FILLED: Readonly<Record<string, string>> = {
  NAME: 'invoices-of',
  RANGE: '203.0.113.0/24',
  SCOPE: 'invoices:read',
};

/** The words of a command that needs no quotes. No two keys get one name. */
const wordsOf = (fix: string, id = '') =>
  fix
    .split(' ')
    .slice(1)
    .map((word) => (word === 'NAME' ? `${FILLED[word]}-${id}` : (FILLED[word] ?? word)));

const isSame = (a: Found, b: Found) => a.rule === b.rule && a.key?.name === b.key?.name;

async function program(env: Readonly<Record<string, string>> = {}) {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  await keys.run(['config', 'set', 'storage', 'file']);
  const run = async (args: readonly string[], aheadMs = 0) => await keys.run(args, { env, aheadMs });
  /** Runs the command of every finding, and returns what is still found of the same keys. */
  const fixAll = async (audit: () => Promise<readonly Found[]>) => {
    const commands = new Set<string>();
    const left: Found[] = [];
    let found = await audit();
    for (const first of found) {
      // The command of an earlier finding may have settled this one.
      const now = found.find((one) => isSame(one, first));
      if (now === undefined) continue;
      const { rule, fix, key } = now;
      commands.add(
        `${rule}: ${fix?.split(' ')[1]} ${/--(?!provider|base-url|set)[a-z-]+/.exec(fix ?? '') ?? ''}`,
      );
      if (fix === null) continue;
      const { code, stderr } = await run([...wordsOf(fix, key?.id), '--yes']);
      expect([fix, stderr, code]).toEqual([fix, expect.any(String), 0]);
      found = await audit();
      left.push(...found.filter((one) => isSame(one, first)));
    }
    return { commands: [...commands].map((one) => one.trim()).toSorted(), left };
  };
  return { ...keys, run, fixAll };
}

describe.each(VENDORS.map((fixture) => [fixture.id, fixture] as const))('%s', (id, fixture) => {
  it('has no finding left whose recommended command was run', async () => {
    const api = await vendorApi(fixture);
    const set = Object.entries(fixture.set ?? {}).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
    const there = ['--provider', id, '--base-url', api.url, ...set];
    const { run, fixAll } = await program({ KEYS_API_KEY: fixture.credential });
    const scopes = (fixture.request?.scopes ?? []).flatMap((scope) => ['--scope', scope]);
    const made = await run(['create', '--name', 'test', ...scopes, ...there, '--to', 'exec:cat > /dev/null']);
    expect(made.code, made.stderr).toBe(0);
    const audit = async () =>
      JSON.parse((await run(['audit', '--json', ...there])).stdout).findings.filter(
        // Some fixtures have keys of their own, with times that stand still.
        ({ rule, key }: Found) => key !== null && rule !== 'too-old',
      );
    const { commands, left } = await fixAll(audit);
    expect(left).toEqual([]);
    expect(commands.filter((one) => /^no-expiry: roll$|create/.test(one))).toEqual([]);
  });
});

it('has no finding left whose recommended command was run, of any rule, on this machine', async () => {
  const { run, fixAll } = await program();
  const create = async (ago: number, ...flags: string[]) => {
    const made = await run(['create', ...flags, '--to', 'exec:cat > /dev/null'], -ago * DAY_MS);
    expect(made.code, made.stderr).toBe(0);
  };
  await create(100, 'old', '--scope', 'a:b', '--expires', '300d');
  await create(6, 'ends', '--scope', 'a:b', '--expires', '16d');
  await create(100, 'ended', '--scope', 'a:b', '--expires', '10d');
  await create(20, 'idle', '--scope', 'a:b', '--expires', '300d');
  await create(1, 'test');
  await create(1, 'admin', '--scope', '*', '--expires', '300d');
  await create(1, 'production shop', '--scope', 'a:b', '--expires', '300d', '--environment', 'test');
  const audit = async () => JSON.parse((await run(['audit', '--json'])).stdout).findings;
  const { commands, left } = await fixAll(audit);
  expect(left).toEqual([]);
  expect(commands).toEqual([
    'expired-not-deleted: revoke',
    'expiring: roll',
    'never-used: revoke',
    'no-expiry: update --expires',
    'over-broad: update --allow-ip',
    'over-broad: update --scope',
    'test-key-in-live: undefined',
    'too-old: roll',
    'unnamed: update --name',
  ]);
});

it('says where the folder that is searched is in no git repository', async () => {
  const { home, run } = await program();
  const said = 'is in no git repository';
  expect((await run(['audit', '--repo', home])).stderr).toContain(said);
  await execa('git', ['init', '-q', home]);
  expect((await run(['audit', '--repo', home])).stderr).not.toContain(said);
});
