import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { placeMistake } from '../../src/places/check-place-definition.js';
import type { OpenPlace, Place, PlaceKey } from '../../src/places/place.js';
import { type PlaceDefinition, place } from '../../src/places/place-definition.js';
import { programKind } from '../../src/places/program-kind.js';
import { fakePlaceContext } from '../support/fake-place-context.js';
import { keysProgram } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { recordedProgram } from '../support/recorded-program.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KEY: PlaceKey = { name: 'web', id: 'key_1', provider: 'resend', variables: ['RESEND_API_KEY'] };

const SHELF = `{
  id: 'shelf', title: 'a secret on the shelf', target: '{team}/{app}', examples: ['shelf:acme/web#API_KEY'],
  program: 'shelf', install: 'https://shelf.example', failures: [[/no such app/, 'not_found', 'shelf apps']],
  probe: ({ team, app }) => ['see', team, app],
  deliver: ({ app, name }) => ['put', app, name],
  readBack: { args: ({ app, name }) => ['when', app, name], time: (printed) => printed.trim() },
  erase: ({ app, name }) => ['drop', app, name],
}`;
const shelf = () => place(new Function(`return ${SHELF}`)() as PlaceDefinition);

/** A program that keeps each secret in a file, in the place of a vendor's. */
function started() {
  const folder = temporaryFolder();
  const program = recordedProgram(
    'shelf',
    [
      `case "$1" in`,
      `see) [ "$3" = web ] || { echo 'no such app' >&2; exit 1; } ;;`,
      `put) cat > ${folder}/$3 ;;`,
      `when) echo 2026-01-02T03:04:05Z ;;`,
      `drop) rm ${folder}/$3 ;;`,
      `esac`,
    ].join('\n'),
  );
  return { folder, program, read: (name: string) => readFileSync(join(folder, name), 'utf8') };
}

function opened(definition: PlaceDefinition, rest: string, path: string): OpenPlace {
  const kind = programKind(definition);
  const read = { kind: kind.id, ...kind.parse(rest, { directory: '/', env: {} }) };
  const found: Place = { ...read, address: `${kind.id}:${kind.address(read)}` };
  return kind.open(found, fakePlaceContext({ env: { PATH: path } }));
}

it('sets, reads back and removes a secret, which is on stdin alone', async () => {
  const { program, read } = started();
  const at = opened(shelf(), 'acme/web#A,B', program.path);
  const secret = `fake-secret-${crypto.randomUUID()}`;
  expect(await at.probe()).toEqual([]);
  await at.deliver({ api_key: 'fake-id', secret_key: secret }, KEY);
  expect([read('A'), read('B')]).toEqual(['fake-id', secret]);
  expect(await at.readBack?.()).toEqual({ changed_at: Date.parse('2026-01-02T03:04:05Z') });
  await at.erase?.();
  expect(() => read('A')).toThrow();
  expect(program.recorded()).not.toContain(secret);
});

it('asks the program before each delivery, and sets nothing where the target is missing', async () => {
  const { program } = started();
  const at = opened(shelf(), 'acme/none#A', program.path);
  for (const attempt of [() => at.probe(), () => at.deliver({ secret: 'fake' }, KEY)]) {
    await expect(attempt()).rejects.toMatchObject({ code: 'not_found', hint: 'shelf apps' });
  }
  expect(program.calls().filter((call) => call.startsWith('put'))).toEqual([]);
});

it.each(['acme', 'acme/web/x', '-acme/web', 'acme/--all', 'ac me/web', ''])(
  'refuses the target %j, and says how one looks',
  (text) => {
    const { parse } = programKind(shelf());
    expect(() => parse(text, { directory: '/', env: {} })).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'such as shelf:acme/web#API_KEY' }),
    );
  },
);

it('shows nothing of an error of a function that gets the secret', async () => {
  const { program } = started();
  const input = (secret: string) => {
    throw new Error(secret);
  };
  const at = opened({ ...shelf(), input }, 'acme/web#A', program.path);
  await expect(at.deliver({ secret: 'fake-secret' }, KEY)).rejects.toThrow(
    'the kind of place shelf: input: it returns no text',
  );
});

it.each([
  [7, 'its default export is no definition'],
  [{ ...shelf(), id: 'My Shelf' }, 'id: lower-case letters, digits and hyphens'],
  [{ ...shelf(), colour: 'red' }, 'no such member: colour'],
  [{ ...shelf(), deliver: undefined }, 'deliver: no function'],
  [{ ...shelf(), target: 'web' }, 'target: no text with parts such as {app}'],
  [{ ...shelf(), target: '{app}/{app}' }, 'target: a part is there twice, or is called name'],
  [{ ...shelf(), target: '{name}' }, 'target: a part is there twice, or is called name'],
  [{ ...shelf(), parts: { group: /x/ } }, 'parts.group: target has no {group}'],
  [{ ...shelf(), parts: { app: /x/i } }, 'parts.app: no pattern without flags'],
  [{ ...shelf(), program: 'rm -rf' }, 'program: no program'],
  [{ ...shelf(), failures: [[/x/, 'odd']] }, 'failures.0.1: '],
])('names what is wrong with a definition (%#)', (definition, told) => {
  expect(placeMistake(definition)).toContain(told);
});

it('is added from a file, and is then a kind like any other, by the built program', async () => {
  const keys = await keysProgram();
  const { program, read } = started();
  const run = (...args: string[]) => keys.run(args, { env: { PATH: program.path } });
  const path = join(keys.home, 'shelf.mjs');
  writeFileSync(path, `import { place } from 'keys'; export default place(${SHELF});`);
  chmodSync(path, 0o666);
  expect(await run('places', 'kinds', 'add', path)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`cannot load a kind of place from ${path}: others may write to it`),
  });
  chmodSync(path, 0o600);
  expect(await run('places', 'kinds', 'add', path)).toMatchObject({
    code: 0,
    stderr: 'added a secret on the shelf (shelf): --to shelf:TEAM/APP#NAME\n',
  });
  expect((await run('places', 'kinds')).stdout).toContain('shelf:TEAM/APP#NAME');
  const created = await run('create', '--name', 'web', '--to', 'shelf:acme/web#API_KEY', '--json');
  expect(created).toMatchObject({ code: 0 });
  const first = read('API_KEY');
  expect((await run('roll', 'web', '--now', '--yes')).code).toBe(0);
  expect(read('API_KEY')).not.toBe(first);
  expect(await run('places', 'kinds', 'remove', 'shelf')).toMatchObject({
    code: 6,
    stderr: expect.stringContaining('keys have places of this kind: web'),
  });
  expect(await run('places', 'remove', 'web', 'shelf:acme/web#API_KEY', '--erase', '--yes')).toMatchObject({
    code: 0,
  });
  expect(() => read('API_KEY')).toThrow();
  expect((await run('places', 'kinds', 'remove', 'shelf')).code).toBe(0);
  expect(await run('places', 'test', 'shelf:acme/web#API_KEY')).toMatchObject({ code: 2 });
  await keys.remove();
});

it('whose file is changed or gone during a roll leaves the roll pending; put right, resume finishes it', async () => {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const ready = join(keys.home, 'ready');
  const got = join(keys.home, 'got');
  const program = recordedProgram(
    'shelf',
    `[ "$1" != put ] || { [ ! -e ${ready} ] && exit 1; cat > ${got}; }; true`,
  );
  const env = { PATH: program.path };
  const run = (...args: string[]) => keys.run(args, { env });
  // A process loads a module once.
  const resume = () => keys.start(['resume'], { env });
  const path = join(keys.home, 'shelf.mjs');
  const write = (definition: string) =>
    writeFileSync(path, `import { place } from 'keys'; export default place(${definition});`, {
      mode: 0o600,
    });
  write(SHELF);
  writeFileSync(ready, '');
  await run('places', 'kinds', 'add', path);
  expect((await run('create', 'web', '--to', 'shelf:acme/web#API_KEY')).code).toBe(0);
  const before = readFileSync(got, 'utf8');
  rmSync(ready);
  expect((await run('roll', 'web', '--now', '--yes')).code).toBe(9);
  writeFileSync(ready, '');
  for (const changed of [
    SHELF.replace('{team}/{app}', '{team}/{app}/{stage}').replace('acme/web#', 'acme/web/live#'),
    null,
  ]) {
    if (changed === null) rmSync(path);
    else write(changed);
    const { code, stderr } = await resume();
    expect([code, stderr]).toEqual([9, expect.stringContaining('shelf:acme/web#API_KEY')]);
    expect(stderr).not.toContain('bug');
    expect(readFileSync(got, 'utf8')).toBe(before);
  }
  write(SHELF);
  expect((await resume()).code).toBe(0);
  expect((await keys.run(['verify'], { stdin: readFileSync(got, 'utf8') })).code).toBe(0);
  expect((await keys.run(['verify'], { stdin: before })).code).toBe(7);
});
