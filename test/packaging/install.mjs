import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const windows = process.platform === 'win32';

/** `v20.20.2` */
export function versionOf(node) {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
}

/** What npm says on stdout, run by this Node, its scripts too. Throws with its stderr. */
export function npm(args, node, options = {}) {
  return execFileSync('npm', [...args, '--loglevel=error'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
    shell: windows,
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` },
    ...options,
  });
}

/**
 * Has keytar ask the system for a libsecret that is not there, as on a machine without one. False where it
 * was not built: then there is nothing to try.
 */
export function breakKeytar(modules) {
  const built = join(modules, 'keys/node_modules/keytar/build/Release/keytar.node');
  if (!existsSync(built)) return false;
  const text = readFileSync(built).toString('latin1');
  const without = text.replaceAll('libsecret-1.so.0', 'libsecret-0.so.0');
  if (without === text) throw new Error('keytar does not name its library');
  writeFileSync(built, Buffer.from(without, 'latin1'));
  return true;
}
