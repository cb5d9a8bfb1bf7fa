import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const windows = process.platform === 'win32';
const SESSION = ['dbus-run-session', 'gnome-keyring-daemon', 'gdbus'];
/** A session bus and an unlocked keychain on it, then the program, with the arguments that follow. */
const IN_SESSION = `echo test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
gdbus wait --session --timeout 10 org.freedesktop.secrets && exec "$0" "$@"`;

/**
 * An installation under a prefix, the Node that it is to run under, and an empty home. `root` is the
 * checkout.
 */
export function installationOf({ root, node, prefix, home }) {
  const env = {
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    ...Object.fromEntries(['HOME', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'].map((name) => [name, home])),
    LANG: 'C.UTF-8',
  };
  const bin = join(prefix, windows ? 'keys.cmd' : 'bin/keys');
  /** What a program says on stdout. Throws unless it ends with 0. */
  const run = (program, args, input = '') => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      env,
      input,
      cwd: home,
      encoding: 'utf8',
      shell: windows,
      timeout: 60_000,
    });
    if (status !== 0)
      throw new Error(`${program} ${args.join(' ')}: ${error ?? `exit ${status}`}: ${stderr}${stdout}`);
    return stdout.trim();
  };
  return {
    root,
    node,
    prefix,
    home,
    modules: windows ? join(prefix, 'node_modules') : join(prefix, 'lib/node_modules'),
    run,
    keys: (args, input) => run(bin, args, input),
    keysInSession: (args) => run('dbus-run-session', ['--', 'sh', '-c', IN_SESSION, bin, ...args]),
  };
}

function hold(condition, problem) {
  if (!condition) throw new Error(problem);
}

/** A project that has the package among its modules, and this file. */
function projectWith({ home, modules }, name, text) {
  const folder = join(home, 'project');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    symlinkSync(modules, join(folder, 'node_modules'), 'junction');
  }
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const PROGRAM = `import { connect, defineProvider, KeysError } from 'keys';
const failure = await connect({ provider: 'nobody', credential: 'none' }).catch((error: unknown) => error);
if (!(failure instanceof KeysError) || typeof defineProvider !== 'function') throw failure;
`;

/** Whether a library loads, of what `--version --verbose` says of it. */
const loads = (said) => /^\d[\d.]*$/.test(said);

function hasKeychainSession() {
  return (
    !windows && SESSION.every((program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0)
  );
}

/** What is tried of an installation, in this order: each throws, or returns what is reported of it. */
export const CHECKS = {
  '--version': ({ keys, modules }) => {
    const { version } = JSON.parse(readFileSync(join(modules, 'keys/package.json'), 'utf8'));
    hold(keys(['--version']) === version, 'another version than the package');
    return version;
  },
  'create, verify': ({ keys }) => {
    const secret = keys(['create', '--name', 'x', '--raw']);
    hold(/^sk_live_\w+$/.test(secret), 'no secret');
    hold(JSON.parse(keys(['verify', '--json'], secret)).valid === true, 'the key is not good');
    return 'yes';
  },
  list: ({ keys }) => {
    const names = JSON.parse(keys(['list', '--json'])).map(({ name }) => name);
    hold(names.join() === 'x', `other keys than were made: ${names}`);
    return 'yes';
  },
  /** Every kind of place that the installation has, the ones with a file of their own too. */
  places: ({ keys }) => {
    const kinds = JSON.parse(keys(['places', 'kinds', '--json']));
    hold(
      kinds.some(({ id }) => id === 'clipboard'),
      `no clipboard among ${kinds.map(({ id }) => id)}`,
    );
    return `${kinds.length} kinds`;
  },
  sqlite: ({ keys }) => {
    const { sqlite } = JSON.parse(keys(['--version', '--verbose', '--json']));
    hold(/^3\./.test(sqlite), sqlite);
    return sqlite;
  },
  keytar: ({ keys }) => {
    const { keytar } = JSON.parse(keys(['--version', '--verbose', '--json']));
    return loads(keytar) ? keytar : keytar.includes('cannot be loaded') ? 'does not load' : keytar;
  },
  /**
   * The one that `keys status` names must be the first of those that load; without a keychain it must say
   * that there is none.
   */
  keychain: ({ keys, keysInSession }) => {
    const versions = JSON.parse(keys(['--version', '--verbose', '--json']));
    const expected = ['keytar', '@napi-rs/keyring'].find((name) => loads(versions[name])) ?? null;
    const bare = JSON.parse(keys(['status', '--json'])).keychain;
    if (!hasKeychainSession()) return bare.usable ? bare.name : 'none here';
    hold(bare.usable === false && bare.problem, `a keychain where there is none: ${JSON.stringify(bare)}`);
    const { usable, name } = JSON.parse(keysInSession(['status', '--json'])).keychain;
    hold(
      usable ? name === `keychain (${expected})` : expected === null,
      `${name}, where it should be ${expected}`,
    );
    return expected ?? 'none, as it says';
  },
  man: ({ modules, prefix }) => {
    const { man } = JSON.parse(readFileSync(join(modules, 'keys/package.json'), 'utf8'));
    const pages = man.map((path) =>
      windows
        ? join(modules, 'keys', path)
        : join(prefix, `share/man/man${path.at(-1)}`, path.slice('man/'.length)),
    );
    const absent = pages.filter((page) => !existsSync(page));
    hold(absent.length === 0, `not there: ${absent}`);
    return `${pages.length} pages`;
  },
  completions: ({ keys, modules }) => {
    for (const [shell, file] of Object.entries({
      bash: 'keys.bash',
      zsh: '_keys',
      fish: 'keys.fish',
      powershell: 'keys.ps1',
    })) {
      const packed = readFileSync(join(modules, 'keys/completions', file), 'utf8').trim();
      hold(keys(['completion', shell]) === packed, `${file} is not what completion ${shell} prints`);
    }
    return 'yes';
  },
  "import 'keys'": (installation) => {
    const plain = PROGRAM.replace(': unknown', '');
    installation.run(installation.node, [projectWith(installation, 'program.js', plain)]);
    return 'yes';
  },
  types: (installation) => {
    const { root, node, run } = installation;
    const types = [
      ...['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'],
      ...['--typeRoots', join(root, 'node_modules/@types')],
    ];
    const program = projectWith(installation, 'typed.ts', PROGRAM);
    run(node, [join(root, 'node_modules/typescript/bin/tsc'), ...types, program]);
    return 'yes';
  },
  'own provider': ({ keys, home }) => {
    keys(['provider', 'new', 'acme']);
    keys(['provider', 'add', join(home, 'acme.mjs')]);
    keys(['provider', 'show', 'acme']);
    return 'yes';
  },
};
