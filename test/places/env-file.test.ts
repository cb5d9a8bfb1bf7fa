import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parse } from 'dotenv';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Credential } from '../../src/domain/key.js';
import { readVariable } from '../../src/places/env-file-reader.js';
import { setVariable } from '../../src/places/env-file-text.js';
import type { PlaceKey } from '../../src/places/place.js';
import { openPlace, parsePlace, withNames } from '../../src/places/registry.js';
import { codeOf } from '../contract/key-service.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { fc } from '../support/fast-check.js';
import { gitRepository } from '../support/git-repository.js';
import { BIN, keysProgram } from '../support/keys.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KEY: PlaceKey = { name: 'web', id: 'key_1', provider: 'keys', variables: ['WEB_API_KEY'] };

/** A variable in a file, opened as `--to` opens it. */
function open(path: string, ...variables: string[]) {
  const names = variables.length === 0 ? KEY.variables : variables;
  const opened = (async () =>
    await openPlace(
      await withNames(await parsePlace(`file:${path}`, { directory: '/', env: {} }), names),
      fakePlaceContext(),
    ))();
  return {
    reserve: async () => await (await opened).reserve?.(),
    deliver: async (credential: Credential) => await (await opened).deliver(credential, KEY),
    current: async () => await (await opened).current?.(),
    erase: async () => await (await opened).erase?.(),
  };
}

const SECRET = { secret: 'sk_live_fake_for_a_test' };

describe('the text', () => {
  it.each([
    ['an empty file', '', 'N=v\n'],
    ['a last line without its end', 'A=1', 'A=1\nN=v\n'],
    [
      'other lines and comments',
      '# mine\nA=1 # one\n\nN=old # keep\nB=2\n',
      '# mine\nA=1 # one\n\nN=v # keep\nB=2\n',
    ],
    ['export, but no spaces that a shell would stumble on', '  export N = old\n', '  export N=v\n'],
    ['no backticks', 'N=`old`\n', 'N=v\n'],
    ['its quotes', `N='old'\nM="x"\n`, `N='v'\nM="x"\n`],
    ['CRLF, but not where a shell would read it', 'A=1\r\nN=old\r\nB=2\r\n', 'A=1\r\nN=v\nB=2\r\n'],
    ['CRLF before a line that is appended', 'A=1\r\nB=2', 'A=1\r\nB=2\r\nN=v\n'],
    ['a comment behind it in a file with CRLF', "N='old' # mine\r\n", "N='v' # mine\n"],
    ['no byte order mark', '\uFEFFN=old\n', 'N=v\n'],
    ['a value over several lines', 'A="one\nN=not me\ntwo"\nN=old\n', 'A="one\nN=not me\ntwo"\nN=v\n'],
    ['a name that is set twice', 'N=1\nA=2\nN=3\n', 'N=v\nA=2\nN=v\n'],
    ['a longer name', 'NN=1\nXN=2\n', 'NN=1\nXN=2\nN=v\n'],
  ])('keeps %s', (_, before, after) => {
    expect(setVariable(before, 'N', 'v')).toBe(after);
  });

  it.each([`A='x\nN=old\n`, `A=it's\nN=old\n`, 'A="x\n', 'A=`x\n', 'cat <<E\nN=1\nE\n', 'A=x\\\nN=1\n'])(
    'is refused where a shell would not see the variable: %j',
    (before) => {
      expect(() => setVariable(before, 'N', 'v')).toThrow(expect.objectContaining({ code: 'refused' }));
    },
  );

  it.each([
    ['N=a#b # note\n', 'a#b'],
    ['N=old\nN="a\\"b"\n', 'a"b'],
    ['\uFEFFN=v\n', 'v'],
    ['set -a\nDEBUG\n[env]\nsource ./x\n\nexport\tN=v\n', 'v'],
    ["N='$HOME `x`'\r\n", '$HOME `x`'],
    ['N="a\\$b"', 'a$b'],
  ])('of %j is read as shells read it', (text, value) => {
    expect(readVariable(text, 'N')).toEqual({ value });
  });

  it.each(['N=$HOME', 'N="`id`"', 'N=`id`', 'N=a b', 'N=a"b', 'N="a\\nb"'])('of %j is not clear', (text) => {
    expect(readVariable(text, 'N')).toHaveProperty('unclear');
  });

  it('is read by dotenv with the new value, and all others as before', () => {
    const value = fc.oneof(
      fc.constantFrom('', '1', "'a b'", '"a\nb"', '`x`', 'a#b', 'a # b', '"a \\" b"', "'it''s'"),
      fc.string({ maxLength: 6 }).filter((text) => !/[\r\n'"`]/.test(text)),
    );
    const line = fc.oneof(
      fc.record({ name: fc.constantFrom('A', 'B', 'N', 'LONG_1'), value }).map((x) => `${x.name}=${x.value}`),
      fc.constantFrom('', '# note', 'export C=3', 'not an assignment', '   '),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (lines, ending) => {
        const before = lines.join(ending);
        let after: string;
        try {
          after = setVariable(before, 'N', 'sk_live_fake');
        } catch {
          return;
        }
        const { N: _, ...others } = parse(before);
        const { N, ...rest } = parse(after);
        expect(N).toBe('sk_live_fake');
        expect(rest).toEqual(others);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the file', () => {
  it("is new and its owner's alone, or keeps its mode", async () => {
    const folder = temporaryFolder();
    const [fresh, old] = [join(folder, '.env'), join(folder, 'old.env')];
    writeFileSync(old, 'A=1\n');
    chmodSync(old, 0o640);
    for (const path of [fresh, old]) {
      const place = open(path);
      await place.reserve();
      await place.deliver(SECRET);
      await place.deliver(SECRET);
    }
    expect([statSync(fresh).mode & 0o777, statSync(old).mode & 0o777]).toEqual([0o600, 0o640]);
    expect(readFileSync(old, 'utf8')).toBe('A=1\nWEB_API_KEY=sk_live_fake_for_a_test\n');
    expect(readdirSync(folder).sort()).toEqual(['.env', 'old.env']);
  });

  it('tells what it holds, and gives it up', async () => {
    const path = join(temporaryFolder(), '.env');
    writeFileSync(path, 'A=1\nWEB_API_KEY="held" # note\nB=2\n');
    expect(await open(path).current()).toEqual({ WEB_API_KEY: 'held' });
    await open(path).erase();
    expect(readFileSync(path, 'utf8')).toBe('A=1\nB=2\n');
    expect(await open(path).current()).toEqual({});
  });

  it('stays behind its link', async () => {
    const folder = temporaryFolder();
    const [link, target] = [join(folder, '.env'), join(folder, 'real.env')];
    writeFileSync(target, 'A=1\n');
    symlinkSync('real.env', link);
    await open(link).deliver(SECRET);
    expect([lstatSync(link).isSymbolicLink(), readlinkSync(link)]).toEqual([true, 'real.env']);
    expect(readFileSync(target, 'utf8')).toContain('WEB_API_KEY=');
  });

  it('is refused behind a link that came with a repository, to a file or to a folder', async () => {
    const { root, git } = gitRepository();
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'profile'), 'alias x=y\n');
    symlinkSync(join(outside, 'profile'), join(root, '.env'));
    symlinkSync(outside, join(root, 'config'));
    const paths = [join(root, '.env'), join(root, 'config', 'profile')];
    for (const path of paths) expect(await codeOf(open(path).reserve()), path).toBe('none');
    git('add', '--all');
    for (const path of paths) expect(await codeOf(open(path).reserve()), path).toBe('refused');
    expect(readFileSync(join(outside, 'profile'), 'utf8')).toBe('alias x=y\n');
  });

  it('has both halves of a pair', async () => {
    const path = join(temporaryFolder(), '.env');
    await open(path, 'TYLT_API_KEY', 'TYLT_SECRET_KEY').deliver({ api_key: 'fake-a', secret_key: 'fake-b' });
    expect(readFileSync(path, 'utf8')).toBe('TYLT_API_KEY=fake-a\nTYLT_SECRET_KEY=fake-b\n');
  });

  it('is refused before anything is created where it cannot be written', async () => {
    const folder = temporaryFolder();
    const odd = join(folder, 'latin1.env');
    writeFileSync(odd, Buffer.from([65, 61, 0xff]));
    mkdirSync(join(folder, 'dir'));
    for (const path of [
      join(folder, 'dir'),
      join(folder, 'none', '.env'),
      odd,
      '/proc/version',
      '/dev/null',
    ]) {
      expect(await codeOf(open(path).reserve()), path).toBe('refused');
    }
  });

  it('is refused where git tracks it, and warned about where git does not ignore it', async () => {
    const folder = temporaryFolder();
    const git = (...args: string[]) => execa('git', args, { cwd: folder, env: { HOME: folder } });
    await git('init', '-q');
    const path = join(folder, '.env');
    expect(await open(path).reserve()).toEqual([expect.stringContaining('does not ignore')]);
    writeFileSync(join(folder, '.gitignore'), '.env\n');
    expect(await open(path).reserve()).toEqual([]);
    writeFileSync(path, 'A=1\n');
    await git('add', '-f', '.env');
    expect(await codeOf(open(path).reserve())).toBe('refused');
    expect(await open(join(temporaryFolder(), '.env')).reserve()).toEqual([]);
  });

  it('loses nothing of what several programs write at once', async () => {
    const keys = await keysProgram();
    const path = join(temporaryFolder(), '.env');
    writeFileSync(path, '# mine\nKEEP=1\n');
    const names = Array.from({ length: 6 }, (_, i) => `KEY_${i}`);
    const results = await Promise.all(
      names.map((name) => keys.run(['create', '--name', name, '--to', `${path}#${name}`])),
    );
    expect(results.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual(names.map(() => 0));
    expect(Object.keys(parse(readFileSync(path))).sort()).toEqual(['KEEP', ...names].sort());
    expect(readdirSync(join(path, '..'))).toEqual(['.env']);
    await keys.remove();
  });

  it('is the old one or the new one after a kill at any time, never half of one', async () => {
    const keys = await keysProgram();
    const path = join(temporaryFolder(), '.env');
    const rest = `# mine\n${Array.from({ length: 2_000 }, (_, i) => `V${i}=${'x'.repeat(50)}`).join('\n')}\n`;
    writeFileSync(path, rest);
    for (let i = 0; i < 12; i++) {
      const child = execa(process.execPath, ['--', BIN, 'create', '--name', 'k', '--to', `${path}#K`], {
        env: keys.env,
        extendEnv: false,
        reject: false,
        timeout: 120 + i * 20,
        killSignal: 'SIGKILL',
      });
      await child;
      const now = readFileSync(path, 'utf8');
      expect(now.startsWith(rest)).toBe(true);
      expect(now.slice(rest.length)).toMatch(/^(K=sk_live_\w{39}\n)?$/);
    }
    await keys.remove();
  });
});

it('asks git once for a file, however many keys go there', async () => {
  const git = recordedProgram('git', 'exit 1');
  const context = fakePlaceContext({ env: { PATH: git.path } });
  const path = join(temporaryFolder(), '.env');
  for (const name of ['A', 'B', 'C']) {
    const place = await parsePlace(`file:${path}#${name}`, { directory: '/', env: {} });
    expect(await (await openPlace(place, context)).probe()).toEqual([expect.stringContaining('not ignore')]);
  }
  expect(git.calls()).toEqual([expect.stringContaining('ls-files'), expect.stringContaining('check-ignore')]);
});
