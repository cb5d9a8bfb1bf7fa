// Packs, installs globally into an empty prefix, and tries what was installed: npm run try-package
// KEYS_TRY_NODES names Node programs as a PATH names folders; default: the one that runs this.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const windows = process.platform === 'win32';
const nodes = (process.env.KEYS_TRY_NODES || process.execPath).split(delimiter).filter(Boolean);
/** Install scripts allowed or not, optional packages (the keychain libraries) with or without. */
const WAYS = process.argv.includes('--one')
  ? [['no scripts', ['--ignore-scripts']]]
  : [
      ['scripts', ['--foreground-scripts']],
      ['no scripts', ['--ignore-scripts']],
      ['no scripts, no keychain library', ['--ignore-scripts', '--omit=optional']],
    ];

const work = mkdtempSync(join(tmpdir(), 'keys-package-'));
const npm = (args, options = {}) =>
  execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    shell: windows,
    ...options,
  });

/** What is tried of one installation: each throws, or returns what is told of it. */
function checksOf(node, prefix) {
  const modules = windows ? join(prefix, 'node_modules') : join(prefix, 'lib/node_modules');
  const home = join(prefix, 'home');
  mkdirSync(home);
  const env = {
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    HOME: home,
    APPDATA: home,
    LOCALAPPDATA: home,
  };
  const bin = join(prefix, windows ? 'keys.cmd' : 'bin/keys');
  const run = (args, input = '') => {
    const { status, stdout, stderr } = spawnSync(bin, args, {
      env,
      input,
      encoding: 'utf8',
      shell: windows,
      timeout: 60_000,
    });
    if (status !== 0) throw new Error(`keys ${args.join(' ')}: exit ${status}: ${stderr}`);
    return stdout.trim();
  };
  return {
    version: () => run(['--version']),
    'create, verify': () => {
      const secret = run(['create', '--name', 'x', '--raw']);
      run(['verify'], secret);
      return secret.startsWith('sk_live_') ? 'yes' : 'no secret';
    },
    list: () => `${JSON.parse(run(['list', '--json'])).length} key`,
    keychain: () => {
      const { keychain } = JSON.parse(run(['status', '--json']));
      return keychain.usable ? keychain.name : 'none that can be used';
    },
    'SQLite, keytar': () => {
      const { sqlite, keytar } = JSON.parse(run(['--version', '--verbose', '--json']));
      return `${sqlite}, ${keytar}`;
    },
    'man, completions': () => {
      const there = ['man/keys.1', 'completions/keys.bash', 'completions/_keys'].every((path) =>
        existsSync(join(modules, 'keys', path)),
      );
      if (!there) throw new Error('man pages or completions are missing');
      return windows || existsSync(join(prefix, 'share/man/man1/keys.1')) ? 'in place' : 'in the package';
    },
    library: () => {
      const program = join(prefix, 'program.mjs');
      const entry = pathToFileURL(join(modules, 'keys/dist/library/index.js')).href;
      writeFileSync(
        program,
        `import { connect, defineProvider } from ${JSON.stringify(entry)}; console.log(typeof connect, typeof defineProvider);`,
      );
      return execFileSync(node, [program], { encoding: 'utf8', timeout: 60_000 }).trim() ===
        'function function'
        ? 'yes'
        : 'no';
    },
  };
}

let broken = 0;
try {
  const [{ filename, size, unpackedSize, files }] = JSON.parse(
    npm(['pack', '--json', '--pack-destination', work]),
  );
  const stray = files
    .map(({ path }) => path)
    .filter((path) => /^(src|test|\.ci)\/|tsbuildinfo|\.test\./.test(path));
  if (stray.length > 0) throw new Error(`not to be packed: ${stray.join(', ')}`);
  console.log(
    `${filename}: ${Math.round(size / 1024)} KiB, ${Math.round(unpackedSize / 1024)} KiB unpacked, ${files.length} files`,
  );
  for (const [at, node] of nodes.entries()) {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    for (const [way, flags] of WAYS) {
      const prefix = join(work, `prefix-${at}-${WAYS.findIndex(([name]) => name === way)}`);
      mkdirSync(prefix);
      const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
      npm(
        [
          'install',
          '--global',
          '--prefix',
          prefix,
          '--no-audit',
          '--no-fund',
          ...flags,
          join(work, filename),
        ],
        { env },
      );
      console.log(`\n${version}, ${way}`);
      for (const [name, check] of Object.entries(checksOf(node, prefix))) {
        try {
          console.log(`  ${name.padEnd(18)} ${check()}`);
        } catch (error) {
          broken++;
          console.log(`  ${name.padEnd(18)} BROKEN: ${error.message}`);
        }
      }
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(broken === 0 ? '\nall of it works' : `\n${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
