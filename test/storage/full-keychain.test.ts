import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { requireDocumentedExit } from '../support/documented-exit.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { underWay } from '../support/under-way.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';
import { type KeyringSession, keyringSession, MISSING_PROGRAMS } from './keyring-session.js';

/** A file system of its own under a folder; false where this user may not mount one. */
function mountSmall(folder: string): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=700', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    return false;
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]));
  return true;
}

interface SmallKeychain {
  readonly session: KeyringSession;
  fill(): void;
  empty(): void;
  run(args: readonly string[], input?: string): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** A real keychain whose files are on a disk of 64 kB; null where none can be mounted. */
async function smallKeychain(extra: Readonly<Record<string, string>> = {}): Promise<SmallKeychain | null> {
  const home = temporaryFolder();
  const folder = join(home, '.local/share/keyrings');
  if (!mountSmall(folder)) return null;
  const session = await keyringSession('unlocked', home);
  const filler = join(folder, 'filler');
  return {
    session,
    fill() {
      expect(() => writeFileSync(filler, Buffer.alloc(1024 * 1024))).toThrow('ENOSPC');
      expect(existsSync(filler)).toBe(true);
    },
    empty: () => rmSync(filler),
    async run(args, input = '') {
      const result = await execa(process.execPath, ['--', BIN, ...args], {
        ...{ env: { ...session.env, TZ: 'UTC', ...extra }, extendEnv: false, reject: false },
        ...{ input, cwd: home, timeout: 120_000, killSignal: 'SIGKILL' },
      });
      expect(result.timedOut, `${args.join(' ')} hangs: ${result.stderr}`).toBe(false);
      requireDocumentedExit(args, result.exitCode ?? -1);
      expect(result.stderr).not.toContain('bug in keys');
      return { code: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr };
    },
  };
}

const FULL = /is its disk full/;
const WEB = ['run', '--key', 'web=WEB', '--', process.execPath, '-p', 'process.env.WEB'];

describe.skipIf(MISSING_PROGRAMS.length > 0)('a real keychain whose disk is full', () => {
  test('create, roll and login change nothing and say why; all work once there is space', {
    timeout: 900_000,
  }, async () => {
    const keychain = await smallKeychain();
    if (keychain === null) return;
    const { run, session } = keychain;
    expect(await run(['create', 'web', '--to', 'keychain', '--json'])).toMatchObject({ code: 0 });
    const before = (await run(WEB)).stdout;
    expect(before).toMatch(/^sk_live_/);
    const service = await startTestService();
    const login = ['login', '--profile', 'team', '--base-url', service.url, '--with-token'];
    keychain.fill();
    for (const args of [['create', 'shop', '--to', 'keychain'], ['roll', 'web', '--yes'], login]) {
      const { code, stderr } = await run(args, args === login ? service.managementKey : '');
      expect([args[0], code, stderr]).toEqual([args[0], 1, expect.stringMatching(FULL)]);
      expect(stderr).toMatch(/hint: .*(storage file|insecure-storage)/);
    }
    expect((await run(['doctor'])).stdout).toMatch(FULL);
    const known = JSON.parse((await run(['list', '--all', '--json'])).stdout);
    expect(known).toMatchObject([{ name: 'web', status: 'active' }]);
    expect((await run(['pending', '--json'])).stdout.trim()).toBe('[]');
    expect(JSON.parse((await run(['profile', 'list', '--json'])).stdout)).toEqual([]);
    // What was there is there after a restart of the keychain, too.
    await session.unlock();
    expect((await run(WEB)).stdout).toBe(before);
    keychain.empty();
    await session.unlock();
    expect(await run(['roll', 'web', '--yes'])).toMatchObject({ code: 0 });
    expect(await run(login, service.managementKey)).toMatchObject({ code: 0 });
    expect((await run(WEB)).stdout).toMatch(/^sk_live_/);
    expect((await run(WEB)).stdout).not.toBe(before);
  });

  const CREATE = ['create', 'web', '--to'];
  test.each([
    ['a create into it', [...CREATE, 'keychain']],
    ['a create into a file', [...CREATE, '.env#WEB']],
    ['a roll into it', ['roll', 'web', '--yes']],
  ])(
    'that fills up during %s: no secret is lost that a place can take',
    { timeout: 900_000 },
    async (_, args) => {
      const vendor = await vendorServer();
      const at = { KEYS_PROVIDER: 'vendor', KEYS_BASE_URL: vendor.url };
      const keychain = await smallKeychain({ KEYS_API_KEY: vendor.admin, ...at });
      if (keychain === null) return;
      const { run, session } = keychain;
      const home = session.env['HOME'] ?? '';
      await run(['provider', 'add', writeVendorProvider(home, { keepsMetadata: false })]);
      if (args[0] === 'roll') expect(await run([...CREATE, 'keychain'])).toMatchObject({ code: 0 });
      const held = vendor.holdCreate();
      const running = underWay(run(args));
      await held.arrived;
      keychain.fill();
      held.go();
      const { code, stderr } = await running;
      expect(stderr).toMatch(FULL);
      const made = vendor.keys.at(-1);
      if (args[2] === '--to' && args[3] !== 'keychain') {
        // The place takes it, so nothing is left to do.
        expect([code, stderr]).toEqual([0, expect.stringContaining('could not be kept')]);
        expect(readFileSync(join(home, '.env'), 'utf8')).toBe(`WEB=${made?.secret}\n`);
        return;
      }
      expect([code, stderr]).toEqual([9, expect.stringContaining(made?.id ?? '?')]);
      const full = await run(['resume']);
      expect([full.code, full.stderr]).toEqual([expect.any(Number), expect.stringMatching(FULL)]);
      expect(full.code).not.toBe(0);
      keychain.empty();
      await session.unlock();
      const resumed = await run(['resume']);
      expect([resumed.code, resumed.stderr]).toEqual([0, expect.anything()]);
      // The key without a secret was replaced, and no key is left over; the old one has its grace.
      const live = vendor.keys.filter(({ revoked }) => !revoked);
      expect(live).toHaveLength(args[0] === 'roll' ? 2 : 1);
      expect((await run(WEB)).stdout).toBe(live.at(-1)?.secret);
      const left: unknown[] = JSON.parse((await run(['pending', '--json'])).stdout);
      expect(left).toEqual(args[0] === 'roll' ? [expect.objectContaining({ step: 'retiring' })] : []);
    },
  );
});
