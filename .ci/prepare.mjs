// Makes a checkout ready to run: installs what the lock file asks for and builds what is older than its
// sources. Prints nothing on stdout, so that `npm start` keeps it for the program.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0);

function newest(folder) {
  return Math.max(
    0,
    ...readdirSync(join(root, folder), { recursive: true }).map((name) => at(join(folder, name))),
  );
}

/** Runs npm, and shows what it prints only if it fails. */
function npm(args) {
  const { status, stdout, stderr } = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  console.error(`failed: npm ${args.join(' ')}`);
  process.exit(1);
}

/**
 * keytar alone has something to build. Where it cannot be (no compiler, no libsecret), another library takes
 * its place.
 */
function buildKeytar() {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
  spawnSync('npm', ['rebuild', 'keytar', '--loglevel=error'], {
    cwd: root,
    stdio: 'ignore',
    timeout: 120_000,
    shell: process.platform === 'win32',
    env: { ...process.env, ...headers },
  });
}

if (at('node_modules/.package-lock.json') < at('package-lock.json')) {
  console.error('installing dependencies');
  // The build needs the development dependencies, also where NODE_ENV is "production".
  npm(['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund']);
  buildKeytar();
}
const sources = Math.max(
  newest('src'),
  newest('.ci'),
  at('rolldown.config.js'),
  at('tsconfig.json'),
  at('package-lock.json'),
);
if (Math.min(at('dist/.tsbuildinfo'), at('dist/main.cjs'), at('dist/library/library.js')) < sources) {
  console.error('building');
  npm(['run', '--silent', 'build']);
}
