// What the rows are run in: an empty home, a key service on loopback, a keychain of their own. All of it ends
// with `close`.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installed } from './measure.mjs';

export const BIN = fileURLToPath(new URL('../../bin/keys.js', import.meta.url));
const STAND_IN = fileURLToPath(new URL('./key-service-stand-in.mjs', import.meta.url));
const SECRET = `sk_live_${'a1B2'.repeat(9)}xyz`;

/** Nothing of the machine's but the PATH: NODE_EXTRA_CA_CERTS alone triples what Node 20 takes to start. */
export function openWorld() {
  const home = mkdtempSync(join(tmpdir(), 'keys-bench-'));
  const env = { PATH: process.env.PATH, HOME: home, LANG: 'C.UTF-8', TERM: 'xterm-256color' };
  const children = [];
  const start = (program, args, options = {}) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'], ...options });
    children.push(child);
    return child;
  };

  return {
    home,
    env,
    /** Its address. */
    async service(keys) {
      const [line] = await once(start(process.execPath, [STAND_IN, String(keys)]).stdout, 'data');
      return String(line).trim();
    },
    /** The environment of a remote call: a home without settings, address and credential by variables. */
    remote: (address) => ({ ...env, KEYS_BASE_URL: address, KEYS_API_KEY: SECRET }),
    /**
     * The environment in which a profile's credential is in a keychain; null where there is none to be had.
     */
    async keychain(address) {
      if (!['dbus-daemon', 'gnome-keyring-daemon', 'gdbus'].every(installed)) return null;
      const runtime = join(home, 'run');
      mkdirSync(runtime, { mode: 0o700 });
      const bus = `unix:path=${join(home, 'bus')}`;
      const config = join(home, 'bus.conf');
      writeFileSync(
        config,
        `<busconfig><type>session</type><listen>${bus}</listen><auth>EXTERNAL</auth><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
      );
      const session = { ...env, XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: bus };
      const daemon = start('dbus-daemon', [`--config-file=${config}`, '--nofork', '--print-address']);
      await once(daemon.stdout, 'data');
      const flags = ['--foreground', '--replace', '--components=secrets', '--unlock'];
      start('gnome-keyring-daemon', flags, { env: session }).stdin.end('a password\n');
      const wait = ['wait', '--session', '--timeout', '10', 'org.freedesktop.secrets'];
      await promisify(execFile)('gdbus', wait, { env: session });
      const login = [BIN, 'login', '--with-token', '--base-url', address, '--profile', 'bench'];
      const { status, stderr } = spawnSync(process.execPath, login, { env: session, input: `${SECRET}\n` });
      if (status !== 0) throw new Error(`keys login: exit ${status}: ${stderr}`);
      return { ...session, KEYS_PROFILE: 'bench' };
    },
    close() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    },
  };
}
