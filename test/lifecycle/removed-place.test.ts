import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keysInProcess } from '../support/keys-in-process.js';

const SECRET = /sk_live_\w{30,}/;

/** A key with one place: a command that fails while there is no gate. */
async function keyAtCommand() {
  const keys = await keysInProcess();
  onTestFinished(() => keys.remove());
  const [gate, sink] = [join(keys.home, 'gate'), join(keys.home, 'sink')];
  const place = `exec:test -e '${gate}' && cat > '${sink}'`;
  writeFileSync(gate, '');
  expect((await keys.run(['create', 'web', '--to', place])).code).toBe(0);
  const secretAt = (path: string) => SECRET.exec(readFileSync(path, 'utf8'))?.[0] ?? '';
  const works = async (secret: string) => (await keys.run(['verify'], { stdin: secret })).code === 0;
  const list = async () =>
    JSON.parse((await keys.run(['list', '--json'])).stdout) as Array<{ status: string }>;
  const pending = async () => JSON.parse((await keys.run(['pending', '--json'])).stdout) as unknown[];
  return { keys, gate, sink, place, secretAt, works, list, pending };
}

it('a roll whose last place is removed waits for another one, and ends no key before it has one', async () => {
  const { keys, gate, sink, place, secretAt, works, list, pending } = await keyAtCommand();
  const old = secretAt(sink);
  rmSync(gate);
  expect((await keys.run(['roll', 'web', '--yes', '--now'])).code).toBe(9);
  const removed = await keys.run(['places', 'remove', 'web', place]);
  expect(removed).toMatchObject({ code: 0, stderr: expect.stringContaining('keys deliver web --to PLACE') });
  const resumed = await keys.run(['resume']);
  expect(resumed.code, resumed.stderr).toBe(9);
  expect(resumed.stderr).toContain('no place is left for its secret');
  expect(await works(old)).toBe(true);
  expect(await pending()).toMatchObject([{ name: 'web', pending: [] }]);
  const file = join(keys.home, '.env');
  const delivered = await keys.run(['deliver', 'web', '--to', `${file}#WEB`]);
  expect(delivered.code, delivered.stderr).toBe(0);
  expect(await works(secretAt(file))).toBe(true);
  expect(await works(old)).toBe(false);
  expect(await list()).toHaveLength(1);
});

it('resume --show prints a secret without a place, and the roll ends', async () => {
  const { keys, gate, place, works, pending } = await keyAtCommand();
  rmSync(gate);
  expect((await keys.run(['roll', 'web', '--yes', '--now'])).code).toBe(9);
  expect((await keys.run(['places', 'remove', 'web', place])).code).toBe(0);
  const shown = await keys.run(['resume', '--show']);
  expect(shown.code, shown.stderr).toBe(0);
  expect(await works(SECRET.exec(shown.stdout)?.[0] ?? '')).toBe(true);
  expect(await pending()).toEqual([]);
});

it('a place that only the pending roll knows can be removed, and the roll ends without it', async () => {
  const { keys, sink, secretAt, works, list, pending } = await keyAtCommand();
  const mistaken = 'exec:exit 7';
  const rolled = await keys.run(['roll', 'web', '--yes', '--now', '--to', mistaken]);
  expect(rolled.code, rolled.stderr).toBe(9);
  const unknown = await keys.run(['places', 'remove', 'web', 'exec:exit 8']);
  expect(unknown).toMatchObject({ code: 3, stderr: expect.stringContaining(mistaken) });
  const removed = await keys.run(['places', 'remove', 'web', mistaken]);
  expect(removed).toMatchObject({ code: 0, stderr: expect.stringContaining('it had no secret yet') });
  expect(removed.stderr).not.toContain('keys deliver');
  expect((await keys.run(['resume'])).code).toBe(0);
  expect(await pending()).toEqual([]);
  expect(await list()).toHaveLength(1);
  expect(await works(secretAt(sink))).toBe(true);
});
