import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { requireDocumentedExit } from '../support/documented-exit.js';
import { BIN } from '../support/keys.js';
import { underWay } from '../support/under-way.js';
import { type KeyringSession, keyringSession, MISSING_PROGRAMS, processesOn } from './keyring-session.js';

/** Longest that a call may take, whatever the keychain does: it waits 4 seconds and a start of its child. */
const NOT_HANGING_MS = 120_000;

async function run(session: KeyringSession, args: readonly string[], input = '') {
  const env = { ...session.env, TZ: 'UTC' };
  const result = await execa(process.execPath, ['--', BIN, ...args], {
    ...{ env, extendEnv: false, input, reject: false, timeout: NOT_HANGING_MS, killSignal: 'SIGKILL' },
    cwd: session.env['HOME'] ?? '/',
  });
  expect(result.timedOut, `${args.join(' ')} hangs: ${result.stderr}`).toBe(false);
  requireDocumentedExit(args, result.exitCode ?? -1);
  return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** A home with a key whose secret is in the real keychain. */
async function savedKey() {
  const session = await keyringSession('unlocked');
  const made = await run(session, ['create', 'web', '--to', 'keychain', '--json']);
  expect(made, made.stderr).toMatchObject({ code: 0 });
  const secret = async () =>
    (await run(session, ['run', '--key', 'web=WEB', '--', process.execPath, '-p', 'process.env.WEB'])).stdout;
  const before = await secret();
  expect(before).toMatch(/^sk_live_/);
  return { session, secret, before };
}

const names = async (session: KeyringSession) =>
  JSON.parse((await run(session, ['list', '--json', '--all'])).stdout).map(
    ({ name, status }: { name: string; status: string }) => `${name} ${status}`,
  );

describe.skipIf(MISSING_PROGRAMS.length > 0)('a real keychain', () => {
  test.each([
    ['is locked, with nobody to unlock it', (session: KeyringSession) => session.lock()],
    ['does not respond', async (session: KeyringSession) => session.freeze()],
    ['has died', (session: KeyringSession) => session.end()],
  ])(
    'that %s: each command says so and ends, and nothing is lost',
    { timeout: 900_000 },
    async (_, breakIt) => {
      const { session, secret, before } = await savedKey();
      await breakIt(session);
      // What needs no keychain works.
      expect(await names(session)).toEqual(['web active']);
      const plain = await run(session, ['create', 'plain', '--to', '.env']);
      const kept = await run(session, ['create', 'kept', '--to', 'keychain']);
      const used = await run(session, ['run', '--key', 'web=WEB', '--', 'true']);
      const login = await run(
        session,
        ['login', '--profile', 'team', '--provider', 'resend', '--with-token'],
        're_fake_fakefakefakefakefakefakefa',
      );
      for (const { code, stderr } of [kept, used]) {
        expect([code, stderr]).toEqual([expect.any(Number), expect.stringMatching(/keychain/)]);
        expect(code, stderr).not.toBe(0);
        expect(stderr).toMatch(/hint: .*(unlock|start|storage file|KEYS_API_KEY)/);
        expect(stderr).not.toContain('bug in keys');
      }
      expect(login.code, login.stderr).not.toBe(0);
      expect(plain.stderr).not.toContain('bug in keys');
      // A key whose secret could not be kept was not made, or is pending.
      const pending = (await run(session, ['pending', '--json'])).stdout;
      expect(pending.includes('kept')).toBe((await names(session)).includes('kept active'));
      expect(processesOn(session.env)).toEqual([]);
      await session.unlock();
      const resumed = await run(session, ['resume', '--json']);
      expect([0, 10], resumed.stderr).toContain(resumed.code);
      expect(await secret()).toBe(before);
      expect((await run(session, ['pending', '--json'])).stdout.trim()).toBe('[]');
      expect(readFileSync(join(session.env['HOME'] ?? '', '.env'), 'utf8')).toMatch(
        plain.code === 0 ? /sk_live_/ : /.?/,
      );
    },
  );

  test('that dies in the middle of a delivery: the secret is delivered by resume', {
    timeout: 600_000,
  }, async () => {
    const { session, secret, before } = await savedKey();
    session.freeze();
    const rolling = underWay(run(session, ['roll', 'web', '--yes']));
    const child = expect.stringContaining('keychain-child');
    await expect.poll(() => processesOn(session.env), { timeout: 60_000 }).toContainEqual(child);
    await session.end();
    const rolled = await rolling;
    expect(rolled.stderr).not.toContain('bug in keys');
    expect(rolled.code, rolled.stderr).not.toBe(0);
    await session.unlock();
    const resumed = await run(session, ['resume']);
    expect(resumed.code, resumed.stderr).toBe(0);
    const now = await secret();
    expect(now).toMatch(/^sk_live_/);
    // Either nothing was rolled, or the new secret is there.
    if (now === before) expect(await names(session)).toEqual(['web active']);
    expect((await run(session, ['pending', '--json'])).stdout.trim()).toBe('[]');
  });
});
