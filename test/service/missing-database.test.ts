import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { testPostgres } from '../support/postgres.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { all } = await testPostgres();
const [postgres] = all;

/** Commands that work on what a database holds, each with all that it needs besides. */
const WORK_ON_EXISTING = ['backup', 'recover', 'export', 'import-digests', 'rekey'] as const;
const KEY = (digit: string) => `${digit.repeat(64)}\n`;

let keys: KeysInProcess;
beforeAll(async () => {
  keys = await keysInProcess();
});

function argsOf(command: (typeof WORK_ON_EXISTING)[number]): string[] {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  writeFileSync(at('old.key'), KEY('1'), { mode: 0o600 });
  writeFileSync(at('new.key'), KEY('2'), { mode: 0o600 });
  writeFileSync(at('digests'), `${JSON.stringify({ name: 'web', digest: '0'.repeat(64) })}\n`);
  const more = {
    backup: [at('backup')],
    recover: [],
    export: [],
    'import-digests': [at('digests')],
    rekey: ['--old-key', at('old.key'), '--new-key', at('new.key')],
  };
  return ['serve', command, ...more[command]];
}

describe.each(WORK_ON_EXISTING)('keys serve %s', (command) => {
  it('refuses a folder without a database, and makes none', async () => {
    const folder = join(temporaryFolder(), 'mistyped');
    const done = await keys.run([...argsOf(command), '--data-dir', folder]);
    expect(done).toMatchObject({ code: 2, stdout: '' });
    expect(done.stderr).toContain(`there is no database in ${folder}`);
    expect(done.stderr).toContain('keys serve migrate');
    expect(existsSync(folder)).toBe(false);
  });

  it.runIf(postgres !== undefined)('refuses a PostgreSQL database without our tables', async () => {
    const env = { KEYS_DATABASE_URL: (await postgres?.freshAddress()) ?? '' };
    for (let times = 1; times <= 2; times++) {
      const done = await keys.run(argsOf(command), { env });
      expect(done).toMatchObject({ code: 2, stdout: '' });
      expect(done.stderr).toContain('there are no tables of keys in postgres://');
    }
  });
});

it('keys serve migrate makes a database and says so, once', async () => {
  const folder = join(temporaryFolder(), 'new');
  const migrate = ['serve', 'migrate', '--data-dir', folder];
  expect((await keys.run(migrate)).stderr).toContain(`made a new database in ${folder}`);
  expect((await keys.run(migrate)).stderr).not.toContain('made a new database');
  const exported = await keys.run(['serve', 'export', '--data-dir', folder]);
  expect(exported).toMatchObject({ code: 0 });
  const rekeyed = await keys.run([...argsOf('rekey'), '--data-dir', folder]);
  expect(rekeyed).toMatchObject({ code: 0 });
  expect(rekeyed.stderr).toContain('nothing is encrypted in this database');
  expect(rekeyed.stderr).not.toContain('servers need the new key');
  const other = join(temporaryFolder(), 'other');
  const taken = await keys.run(['serve', 'import', '--data-dir', other], { stdin: exported.stdout });
  expect(taken).toMatchObject({ code: 0 });
  expect(taken.stderr).toContain(`made a new database in ${other}`);
});
