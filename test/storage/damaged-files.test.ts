import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { variants } from '../support/damages.js';
import { FILES, type StoredFile } from './stored-files.js';

/** What no member says, as bytes that are no whole file any more. */
function damagedTexts(text: string): ReadonlyArray<readonly [what: string, text: string]> {
  return [
    ['nothing', ''],
    ['half of it', text.slice(0, text.length / 2)],
    ['null', 'null'],
    ['a list', '[]'],
    ['a number', '7'],
    ['zeros', '\0'.repeat(text.length)],
    ['two of it', text + text],
    ['100 MB', `${text}${' '.repeat(100_000_000)}`],
    ['depth', '['.repeat(200_000)],
  ];
}

interface Look {
  readonly what: string;
  readonly text: string;
  readonly mayPass: boolean;
  /** What a message must have beside the file. */
  readonly names: RegExp;
}

/** What is wrong with how one call of the program takes a damaged file. */
async function wrongWith(
  { keys, path, secrets, isCache = false }: StoredFile,
  args: readonly string[],
  { what, text, mayPass, names }: Look,
): Promise<string[]> {
  writeFileSync(path, text, { mode: 0o600 });
  const { code, stdout, stderr } = await keys.run(args, { cwd: keys.home });
  // `env` is there to print the secret.
  const both = code === 0 && args[0] === 'env' ? stderr : stdout + stderr;
  const file = path.split('/').at(-1) ?? '';
  // `status` and `doctor` say what does not work, and go on.
  const passes = code === 0 && !/status|doctor/.test(args[0] ?? '');
  return Object.entries({
    'a bug': /bug in keys|unexpected/.test(stderr),
    'a secret': secrets.some((secret) => both.includes(secret)),
    'not named': !mayPass && !(both.includes(file) && names.test(both)),
    passed: !mayPass && passes,
    'a cache that counts': isCache && !(code === 0 && stderr === ''),
  })
    .filter(([, found]) => found)
    .map(([wrong]) => `${wrong}: ${what}: ${args[0]}: ${code} ${stderr.slice(0, 300)}`);
}

/** The member that a variant has changed; a list's entry may be told by what is around it. */
function memberIn(what: string): RegExp {
  const at = what.replace(/: .*$| is gone$/, '').split('.');
  const last = at.at(-1) ?? '';
  return new RegExp(/^\d+$/.test(last) ? '.' : last);
}

describe.each(Object.entries(FILES))('%s that is damaged', (_, open) => {
  it('is named with its member, by every command that reads it', { timeout: 600_000 }, async () => {
    const stored = await open();
    const { path, calls, read = /./, free, isText = false, isCache = false } = stored;
    const whole = readFileSync(path, 'utf8');
    const looks = damagedTexts(whole).map(([what, text]): Look => {
      return { what, text, mayPass: isCache || what === '100 MB' || (isText && free.test(what)), names: /./ };
    });
    for (const [what, value] of isText ? [] : variants(JSON.parse(whole))) {
      if (!read.test(what.replace(/: .*$| is gone$/, ''))) continue;
      looks.push({ what, text: JSON.stringify(value), mayPass: free.test(what), names: memberIn(what) });
    }
    expect(looks.length).toBeGreaterThan(isText ? 8 : 25);
    const wrong: string[] = [];
    for (const look of looks) for (const args of calls) wrong.push(...(await wrongWith(stored, args, look)));
    expect(wrong).toEqual([]);
  });
});

/**
 * Every source file that calls a writer of the file module, with the name in `FILES` of what it writes, or
 * why that is never read back. The architecture test keeps all other writers out.
 */
const WRITERS: Readonly<Record<string, string>> = {
  'storage/settings-file.ts': 'settings',
  'storage/keychain/credentials-file.ts': 'stored credentials',
  'storage/keychain/encryption-key.ts': 'encryption key',
  'service/http/management-key-file.ts': 'management key',
  'storage/name-cache.ts': 'names for completion',
  'cli/commands/plan.ts': 'saved plan',
  'storage/ledger/checked-state.ts': 'not here: a damaged mark is in sound-ledger.test.ts',
  'storage/sql/sqlite-database.ts': 'not here: databases are in damaged-rows.test.ts',
  'cli/commands/serve-backup.ts': 'not here: backups are in test/service/backup.test.ts',
  'cli/commands/adopt.ts': 'not here: keys.yaml is in test/lifecycle/bad-input.test.ts',
  'cli/commands/provider-new.ts': 'not here: own modules are in damaged-modules.test.ts',
  'places/kinds/file.ts': "not here: a person's env files are in test/env-files",
  'audit/repository/hook.ts': 'never read as data: a hook of git, known by its mark',
  'audit/reports/report-file.ts': 'report of an earlier audit',
  'cli/audit/audit-outputs.ts': 'report of an earlier audit',
  'cli/show/write-apply-report.ts': 'never read: for people and CI',
  'cli/commands/console.ts': 'never read: a page for the browser',
  'cli/doctor.ts': 'never read: written and removed, to see that it can be',
  'places/kinds/github-job.ts': 'never read: GitHub reads it',
  'storage/user-files.ts': 'writes what its callers, which are all here, say',
};

it('are all the files that the program writes', () => {
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  const calls =
    /\b(changeFile|createFile|replaceFile|openDraft|appendToFile|makePrivateFile|tryWrite|writeNewFile|openReportFile)\(/;
  const writers = readdirSync(root, { recursive: true })
    .map(String)
    .filter((path) => /\.tsx?$/.test(path) && !/^storage\/files(\.ts$|\/)/.test(path))
    .filter((path) => calls.test(readFileSync(join(root, path), 'utf8')));
  expect(writers.toSorted()).toEqual(Object.keys(WRITERS).toSorted());
  const named = Object.values(WRITERS).filter((name) => !/^(never read|not here|writes what)/.test(name));
  for (const name of named) expect(Object.keys(FILES)).toContain(name);
});
