import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { BIN } from '../support/keys.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const TELL = fileURLToPath(new URL('../support/tell-loaded.cjs', import.meta.url));
const ROOT = dirname(dirname(BIN));

interface Loaded {
  /** From the repository's root. */
  readonly files: readonly string[];
  /** Packages of which something was loaded, in a bundle or from their own files. */
  readonly packages: readonly string[];
  readonly builtins: readonly string[];
}

/** What one call of the built program loads. */
async function loadedBy(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  reject = true,
): Promise<Loaded> {
  const { stderr } = await execa(process.execPath, ['--require', TELL, '--', BIN, ...args], {
    // No compiled code is kept: what keeps it is counted below.
    env: { PATH: process.env['PATH'] ?? '', HOME: temporaryFolder(), XDG_CACHE_HOME: '/dev/null', ...env },
    extendEnv: false,
    input: '',
    reject,
  });
  const told = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as {
    files: string[];
    builtins: string[];
  };
  const packages = new Set(told.files.flatMap(packagesIn));
  return {
    files: told.files.map((file) => file.slice(ROOT.length + 1)),
    packages: [...packages].sort(),
    builtins: told.builtins,
  };
}

/** The files that `keys serve` has loaded once it has responded to requests for these paths. */
async function served(paths: readonly string[]): Promise<readonly string[]> {
  const child = execa(process.execPath, ['--require', TELL, '--', BIN, 'serve', '--port', '0'], {
    env: { PATH: process.env['PATH'] ?? '', HOME: temporaryFolder() },
    extendEnv: false,
    reject: false,
  });
  let said = '';
  const url = await new Promise<string>((resolve) => {
    child.stderr.on('data', (chunk) => {
      said += String(chunk);
      const found = /listening on (\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  for (const path of paths) await (await fetch(url + path)).text();
  child.kill('SIGTERM');
  const { stderr } = await child;
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '').files;
}

/** Of a bundled file: what the build says of where each part comes from. */
function packagesIn(file: string): string[] {
  const own = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file.slice(ROOT.length));
  if (own !== null) return [own[1] ?? ''];
  const marks = readFileSync(file, 'utf8').matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm);
  return [...marks].map(([, name = '']) => name);
}

const PARSER = ['@commander-js/extra-typings', 'commander'];
/** Needed for what is made, sent or kept: not for help. */
const HEAVY = ['http', 'https', 'crypto', 'zlib', 'sqlite', 'perf_hooks', 'worker_threads'];

describe('a call loads what it needs', () => {
  it('--version: nothing at all', async () => {
    expect((await loadedBy(['--version'])).files).toEqual(['bin/keys.js', 'package.json']);
  });

  it('provider list: definitions, and nothing that sends requests', async () => {
    const { builtins, files } = await loadedBy(['provider', 'list']);
    expect(builtins.filter((name) => ['http', 'https', 'sqlite'].includes(name))).toEqual([]);
    expect(files.filter((file) => file.endsWith('/client.cjs'))).toEqual([]);
  });

  it.each([['--help'], ['create', '--help'], ['list', '--help'], ['help', 'roll']])(
    '%s %s',
    async (...args) => {
      const { packages, builtins, files } = await loadedBy(args);
      expect(packages).toEqual(PARSER);
      expect(builtins.filter((name) => HEAVY.includes(name))).toEqual([]);
      expect(files.length).toBeLessThanOrEqual(6);
    },
  );

  it('what keeps the compiled code: one file under Node 20, and checksums', async () => {
    const cached = { XDG_CACHE_HOME: temporaryFolder() };
    const [plain, keeping] = await Promise.all([loadedBy(['--help']), loadedBy(['--help'], cached)]);
    const further = keeping.files.filter((file) => !plain.files.includes(file));
    const isOld = process.version.startsWith('v20.');
    expect(further).toEqual(isOld ? ['bin/keep-compiled.cjs'] : []);
    expect(keeping.builtins.filter((name) => HEAVY.includes(name))).toEqual(isOld ? ['zlib'] : []);
  });

  it('--help: the core alone; the help of a command: nothing that opens a service or finds a key', async () => {
    const core = ['bin/keys.js', 'dist/main.cjs', 'dist/chunks/rolldown-runtime.cjs', 'package.json'];
    const { files } = await loadedBy(['--help']);
    expect(files.filter((file) => !core.includes(file))).toEqual([]);
    const create = await loadedBy(['create', '--help']);
    expect(create.files.filter((file) => /(connect|ledger|embedded|find|sqlite)/.test(file))).toEqual([]);
  });

  it('list and show over HTTP: no undici, no keychain, no database, no zod', async () => {
    const { url, managementKey } = await startTestService();
    const remote = { KEYS_BASE_URL: url, KEYS_API_KEY: managementKey };
    for (const args of [['list', '--json'], ['list']]) {
      const { packages, builtins, files } = await loadedBy(args, remote);
      expect(packages).toEqual(PARSER);
      expect(builtins.filter((name) => ['https', 'sqlite', 'zlib', 'crypto'].includes(name))).toEqual([]);
      expect(files.filter((file) => file.includes('node_modules'))).toEqual([]);
      expect(files.length, files.join(', ')).toBeLessThanOrEqual(8);
    }
  });

  it('list at a vendor: its own definition where the credential begins as it says, and zod never', async () => {
    // Nothing listens there: the call fails once all is loaded.
    const at = { KEYS_PROVIDER: 'resend', KEYS_BASE_URL: 'http://127.0.0.1:9' };
    const others = (files: readonly string[]) =>
      files.filter((file) => /(launchdarkly|pinecone)\.cjs/.test(file));
    const own = await loadedBy(['list', '--json'], { ...at, KEYS_API_KEY: `re_${'fake'.repeat(8)}` }, false);
    expect(own.files.filter((file) => file.endsWith('/resend.cjs'))).toHaveLength(1);
    expect(others(own.files)).toEqual([]);
    expect(own.packages).toEqual(PARSER);
    // Any other credential could be another vendor's: every definition is loaded to tell.
    const odd = await loadedBy(['list', '--json'], { ...at, KEYS_API_KEY: 'fake'.repeat(8) }, false);
    expect(others(odd.files)).toHaveLength(2);
    expect(odd.packages).not.toContain('zod');
  });

  it('completion of a name that was asked for a moment ago: nothing that could look for it again', async () => {
    const { url, managementKey } = await startTestService();
    const home = temporaryFolder();
    const env = {
      KEYS_BASE_URL: url,
      KEYS_API_KEY: managementKey,
      KEYS_CONFIG_DIR: home,
      KEYS_DATA_DIR: home,
    };
    const ledger = 'dist/chunks/ledger.cjs';
    expect((await loadedBy(['__complete', 'keys'], env)).files).toContain(ledger);
    const { packages, builtins, files } = await loadedBy(['__complete', 'keys'], env);
    expect(files).not.toContain(ledger);
    expect(packages).toEqual(PARSER);
    expect(builtins.filter((name) => ['http', 'zlib', 'sqlite'].includes(name))).toEqual([]);
  });

  it('create on the embedded service: its rules and SQLite, no zod, and nothing that speaks HTTP', async () => {
    const { packages, builtins, files } = await loadedBy(['create', '--name', 'x', '--raw']);
    const sqlite = builtins.includes('sqlite') ? [] : ['@photostructure/sqlite', 'node-gyp-build'];
    expect(packages).toEqual([...PARSER, ...sqlite].sort());
    expect(builtins.filter((name) => ['http', 'https'].includes(name))).toEqual([]);
    // No question is asked, and nobody reads advice.
    const chunks = files.filter((file) => file.startsWith('dist/'));
    expect(chunks.filter((file) => /(ask|offer|next)/.test(file))).toEqual([]);
    expect(chunks.length).toBeLessThanOrEqual(11);
  });

  it('what the embedded service refuses: zod, which says why', async () => {
    const { packages } = await loadedBy(['create', '--name', 'x', '--raw', '--owner', ' '], {}, false);
    expect(packages).toContain('zod');
  });

  it('list on the embedded service with a ledger: no zod, no create and no roll', async () => {
    const KEYS_DATA_DIR = temporaryFolder();
    await loadedBy(['create', '--name', 'x', '--raw'], { KEYS_DATA_DIR });
    const { packages, builtins, files } = await loadedBy(['list', '--json'], { KEYS_DATA_DIR });
    const sqlite = builtins.includes('sqlite') ? [] : ['@photostructure/sqlite', 'node-gyp-build'];
    expect(packages).toEqual([...PARSER, ...sqlite].sort());
    expect(files.filter((file) => /chunks\/(create|roll\.|options|find|client)/.test(file))).toEqual([]);
  });

  it('serve: nothing of the console before a browser opens it', async () => {
    const inConsole = (file: string) =>
      readFileSync(file, 'utf8').includes('node_modules/hono/dist/jsx/') || file.endsWith('/console.cjs');
    const [plain, opened] = await Promise.all([served(['/healthz']), served(['/healthz', '/console/keys'])]);
    const more = opened.filter((file) => !plain.includes(file));
    expect(plain.filter(inConsole)).toEqual([]);
    expect(more.length).toBeGreaterThan(0);
    expect(more.length, more.join(', ')).toBeLessThanOrEqual(3);
    expect(more.some(inConsole)).toBe(true);
  });

  it('reading settings: without what writes them', async () => {
    expect((await loadedBy(['config', 'list'])).packages).toEqual(PARSER);
    expect((await loadedBy(['profile', 'list'])).packages).toEqual(PARSER);
  });
});

it('nothing of the bundle is needed from where it was built', () => {
  const text = readFileSync(join(ROOT, 'dist/main.cjs'), 'utf8');
  expect(text).not.toContain(ROOT);
});
