import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/storage/sql/sqlite-driver.js';
import { BIN } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { underWay } from '../support/under-way.js';

let keys: KeysInProcess;
beforeEach(async () => {
  keys = await keysInProcess();
  return () => keys.remove();
});

const SECRET = /sk_live_[0-9A-Za-z]{39}/;
const ledgerPath = () => join(keys.home, '.local/share/keys/ledger.db');
const json = async (args: string[]) => JSON.parse((await keys.run([...args, '--json'])).stdout);

describe('a ledger', () => {
  it.each([
    [
      'that is no database',
      () => writeFileSync(ledgerPath(), 'not a database\n'.repeat(400)),
      /not a database|damaged/,
    ],
    ['that was cut short', () => truncateSync(ledgerPath(), 5_000), /damaged|not a database/],
    [
      'of a newer version',
      () => {
        const raw = openSqlite(ledgerPath(), 0);
        raw.exec('PRAGMA user_version = 99');
        raw.close();
      },
      /schema 99/,
    ],
  ])('%s ends the call with nothing created, and stays as it is', async (_, damage, message) => {
    // Processes of their own: a database that is open in this one would be written when it is closed.
    await keys.start(['create', '--name', 'before', '--raw']);
    damage();
    const bytes = readFileSync(ledgerPath());
    const { code, stderr } = await keys.start(['create', '--name', 'after', '--raw']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(readFileSync(ledgerPath()).equals(bytes)).toBe(true);
    expect(await json(['list', '--all'])).toMatchObject([{ name: 'before' }]);
  });

  // Also what is left of a first use that was killed as soon as it had made the file.
  it('that is empty is that of a first use: places that it has lost are not said to be served', async () => {
    await keys.run(['create', 'web', '--to', `${join(keys.home, '.env')}#WEB`]);
    truncateSync(ledgerPath(), 0);
    const due = await keys.start(['roll', '--due', '0', '--yes']);
    expect([due.code, due.stderr]).toEqual([2, expect.stringContaining('web has no place')]);
    expect(await json(['list'])).toHaveLength(1);
  });

  it.runIf(process.env['KEYS_FAULT_KILLS'] !== undefined)(
    'that another program holds: after some seconds an error says so, and nothing is created',
    async () => {
      await keys.start(['create', 'web', '--to', `${join(keys.home, '.env')}#WEB`]);
      const other = openSqlite(ledgerPath(), 0);
      onTestFinished(() => other.close());
      other.exec('BEGIN EXCLUSIVE');
      for (const args of [
        ['create', 'beside'],
        ['roll', 'web', '--yes'],
      ]) {
        const { code, stderr } = await keys.start(args);
        expect([args[0], code, stderr]).toEqual([
          args[0],
          5,
          expect.stringContaining('locked by another process'),
        ]);
      }
      expect(await json(['list', '--all'])).toHaveLength(1);
    },
    60_000,
  );

  it("is its owner's alone, and holds no secret", async () => {
    const secret = (await keys.run(['create', '--name', 'a', '--raw'])).stdout.trim();
    expect(statSync(ledgerPath()).mode & 0o777).toBe(0o600);
    expect(readFileSync(ledgerPath(), 'latin1')).not.toContain(secret);
  });

  it('is finished by two resumes at once, once', async () => {
    const ready = join(keys.home, 'ready');
    const sink = join(keys.home, 'sink');
    for (const name of ['a', 'b', 'c']) {
      await keys.run([
        'create',
        '--name',
        name,
        '--to',
        `exec:test -e ${ready} && cat >> ${sink} && echo >> ${sink}`,
      ]);
    }
    writeFileSync(ready, '');
    const results = await Promise.all([keys.run(['resume']), keys.run(['resume'])]);
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    const delivered = readFileSync(sink, 'utf8').trim().split('\n');
    expect([delivered.length, new Set(delivered).size]).toEqual([3, 3]);
    expect(await json(['pending'])).toEqual([]);
  });
});

/** A file system of half a megabyte; null where this user may not mount one. */
function smallDisk(): string | null {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return folder;
}

describe('sinks', () => {
  it('a full disk: nothing is created, and the old file stays', async () => {
    const disk = smallDisk();
    if (disk === null) return;
    const path = join(disk, '.env');
    writeFileSync(path, 'A=1\n');
    try {
      writeFileSync(join(disk, 'filler'), Buffer.alloc(1024 * 1024));
    } catch {
      // As it should be: the disk is full now.
    }
    const { code } = await keys.run(['create', '--name', 'a', '--to', `${path}#K`]);
    expect([code, await json(['list', '--all']), readFileSync(path, 'utf8')]).toEqual([1, [], 'A=1\n']);
    expect(readdirSync(disk).sort()).toEqual(['.env', 'filler']);
  });

  it.each(['SIGHUP', 'SIGINT', 'SIGTERM'] as const)(
    '%s while a delivery hangs: keys resume has the secret',
    async (signal) => {
      const [started, ready, sink] = ['started', 'ready', 'sink'].map((name) => join(keys.home, name)) as [
        string,
        string,
        string,
      ];
      const command = `touch ${started}; test -e ${ready} || sleep 20; cat > ${sink}`;
      const child = execa(process.execPath, ['--', BIN, 'create', '--name', 'a', '--to', `exec:${command}`], {
        env: keys.env,
        extendEnv: false,
        reject: false,
      });
      await expect.poll(() => readdirSync(keys.home)).toContain('started');
      child.kill(signal);
      expect((await child).signal ?? (await child).exitCode).not.toBe(0);
      writeFileSync(ready, '');
      expect((await keys.run(['resume'])).code).toBe(0);
      expect(readFileSync(sink, 'utf8')).toMatch(SECRET);
      expect(await json(['list'])).toHaveLength(1);
    },
  );
});

it('leaks no secret into arguments, environments, the ledger, the database, traces or messages', async () => {
  const seen: string[] = [];
  let watching = true;
  onTestFinished(() => {
    watching = false;
  });
  const watch = underWay(
    (async () => {
      while (watching) {
        for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
          try {
            seen.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
          } catch {
            // Ended in between.
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })(),
  );
  await keys.run(['config', 'set', 'storage', 'file']);
  const environments = join(keys.home, 'environments');
  const sink = join(keys.home, 'sink');
  const secrets: string[] = [];
  const said: string[] = [];
  const run = async (args: string[], stdin = '') => {
    const result = await keys.run([...args, '--debug'], { stdin });
    said.push(result.stderr);
    return result;
  };
  for (const name of ['a', 'b']) {
    const { stdout } = await run(['create', '--name', name, '--raw']);
    secrets.push(stdout.trim());
    await run(['verify'], stdout);
    await run([
      'roll',
      name,
      '--yes',
      '--to',
      `exec:env >> ${environments}; cat >> ${sink}; echo >> ${sink}`,
      '--to',
      'keychain',
    ]);
    await run(['run', '--key', name, '--', 'true']);
    await run(['create', '--name', `${name} pending`, '--to', 'exec:cat; exit 1']);
  }
  await run(['resume', '--json']);
  watching = false;
  await watch;
  secrets.push(...(readFileSync(sink, 'utf8').match(new RegExp(SECRET, 'g')) ?? []));
  expect(secrets.length).toBeGreaterThanOrEqual(4);
  const folder = join(keys.home, '.local/share/keys');
  mkdirSync(folder, { recursive: true });
  const places = {
    arguments: seen.join('\n'),
    environments: readFileSync(environments, 'latin1'),
    messages: said.join('\n'),
    data: readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('\n'),
  };
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) expect(text.includes(secret), place).toBe(false);
  }
  console.log(
    `\nleaks: ${secrets.length} secrets looked for in ${seen.length} command lines, ${places.data.length} bytes of data: 0 found\n`,
  );
});
