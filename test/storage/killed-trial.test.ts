import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { createKeychain } from '../../src/storage/keychain/keychain.js';
import { killAt, newTally } from '../faults/kills.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { missing } from '../support/needs.js';
import { keyringSession, MISSING_PROGRAMS } from './keyring-session.js';

const ITEM = 'key:probe:trial';
const CHILD = new URL('../../dist/keychain/keychain-child.cjs', import.meta.url);

test.skipIf(MISSING_PROGRAMS.length > 0)(
  'the item of a trial in a real keychain that was killed is removed by the next one',
  { timeout: 600_000 },
  async () => {
    const { env } = await keyringSession('unlocked');
    const keychain = createKeychain({ env, program: CHILD, timeoutMs: 60_000 });
    const left = async () =>
      (await keychain.call({ op: 'read', service: 'keys-cli', account: ITEM })).secret ?? null;
    const args = (name: string) => ['--', BIN, 'create', name, '--to', 'keychain'];
    /** Kills a create as soon as the keychain has written its file, which it does for the trial first. */
    const killed = async (name: string) => {
      const program = spawn(process.execPath, args(name), { env: { ...env, TZ: 'UTC' }, stdio: 'ignore' });
      const ended = once(program, 'exit');
      const watcher = watch(join(env['HOME'] ?? '', '.local/share/keyrings'), () => program.kill('SIGKILL'));
      onTestFinished(() => watcher.close());
      await ended;
      watcher.close();
      return program.signalCode;
    };
    // On a busy machine the removal may have been faster.
    for (let turn = 0; turn < 10 && (await left()) === null; turn++)
      expect(await killed(`killed${turn}`)).toBe('SIGKILL');
    expect(await left()).toContain('trial');
    const made = await execa(process.execPath, args('web'), { env: { ...env, TZ: 'UTC' }, extendEnv: false });
    expect(made.exitCode).toBe(0);
    expect(await left()).toBeNull();
  },
);

test.skipIf(missing('strace'))(
  'the item of a trial in the file that was killed is removed by the next one',
  { timeout: 600_000 },
  async () => {
    const keys = await keysInProcess();
    onTestFinished(() => keys.remove());
    const service = await startTestService();
    const at = ['--base-url', service.url];
    const login = ['login', '--profile', 'team', ...at, '--with-token', '--insecure-storage'];
    expect(await keys.run(login, { stdin: service.managementKey })).toMatchObject({ code: 0 });
    const env = { KEYS_API_KEY: service.managementKey };
    const args = ['create', 'web', ...at, '--to', 'profile:team', '--replace'];
    const kept = () =>
      Object.keys(JSON.parse(readFileSync(join(keys.home, '.config/keys/credentials.json'), 'utf8')));
    const scenario = { name: 'trial', args: () => args, env, sinks: [] };
    // The file is put in place by a rename: the trial's, and then the one of its removal.
    for (let nth = 1; nth < 8 && !kept().includes(ITEM); nth++)
      await killAt(keys, scenario, 0, { call: 'rename', nth, isAct: true, about: '' }, newTally());
    expect(kept().toSorted()).toEqual([ITEM, 'team']);
    await keys.run(['resume'], { env });
    expect(
      await keys.run(['create', 'other', ...at, '--to', 'profile:team', '--replace'], { env }),
    ).toMatchObject({
      code: 0,
    });
    expect(kept()).toEqual(['team']);
  },
);
