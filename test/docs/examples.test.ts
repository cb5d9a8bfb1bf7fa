import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/storage/sql/sqlite-driver.js';
import { freePort } from '../support/free-port.js';
import { GIT_ENV, gitRepository } from '../support/git-repository.js';
import { GUIDES, readGuide } from '../support/guides.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { shellScript } from '../support/shell-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

const GUIDE_TEXT = GUIDES.map(readGuide).join('\n');
const BLOCKS = [...GUIDE_TEXT.matchAll(/(?:<!-- example: (.*?) -->\n\n)?```sh\n([\s\S]*?)```/g)].map(
  ([, kind, text]) => ({
    kind,
    text: text ?? '',
  }),
);
const RUN = BLOCKS.filter(({ kind }) => kind === 'run').map(({ text }) => text);

/** The example that holds this, and no other. */
function example(containing: string): string {
  const found = RUN.filter((text) => text.includes(containing));
  if (found.length !== 1) throw new Error(`${found.length} examples hold ${containing}`);
  return found[0] ?? '';
}

/** A machine with `keys` and a stand-in for `gh` on its PATH, and a repository that ignores `.env`. */
async function machine(extra: Readonly<Record<string, string>> = {}) {
  const bin = temporaryFolder();
  shellScript(join(bin, 'keys'), `exec '${process.execPath}' -- '${BIN}' "$@"`);
  shellScript(join(bin, 'gh'), `cat > '${join(bin, 'gh-stdin')}'`);
  const program = await keysProgram({ ...GIT_ENV, PATH: `${bin}${delimiter}${GIT_ENV.PATH}`, ...extra });
  onTestFinished(() => program.remove());
  await program.run(['config', 'set', 'storage', 'file']);
  const { root, commit } = gitRepository();
  commit('.gitignore', '.env\n');
  shellScript(join(root, 'worker'), 'env | grep -c "=sk_live_" > worked');
  const shell = async (command: string) => {
    const result = await execa(
      'bash',
      ['-euo', 'pipefail', '-c', `trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n${command}`],
      {
        cwd: root,
        env: program.env,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
        timeout: 60_000,
      },
    );
    expect(result.exitCode, `${command}\n${result.stderr}`).toBe(0);
    return result.stdout;
  };
  return { bin, root, shell, program };
}

it('guides mark every example as run here or as shown only', () => {
  // The first two install keys and create a first key.
  expect(BLOCKS.slice(2).filter(({ kind }) => kind === undefined)).toEqual([]);
  expect(RUN).toHaveLength(10);
});

describe('an example of the guides', () => {
  it('creates a key for an integration, and rolls it without an outage', async () => {
    const { bin, root, shell, program } = await machine();
    await shell(example('--name "billing worker"'));
    expect(readFileSync(join(root, 'worked'), 'utf8').trim()).toBe('1');
    const old = /^BILLING_API_KEY=(\S+)$/m.exec(readFileSync(join(root, '.env'), 'utf8'))?.[1] ?? '';
    await shell(example('--dry-run'));
    const delivered = readFileSync(join(bin, 'gh-stdin'), 'utf8');
    for (const stdin of [old, delivered]) expect((await program.run(['verify'], { stdin })).code).toBe(0);
    expect(delivered).not.toBe(old);
  });

  it.skipIf(missing('jq'))('finds stale keys and revokes them', async () => {
    const { shell, program } = await machine();
    for (const name of ['old importer', 'web']) await program.run(['create', '--name', name, '--raw']);
    const database = openSqlite(join(program.home, '.local/share/keys/keys.db'), 1_000);
    database
      .prepare('UPDATE api_keys SET created_at = ? WHERE name = ?')
      .run(Date.now() - 60 * 86_400_000, 'old importer');
    database.close();
    await shell(example('stale.txt'));
    const names = (await program.run(['list'])).stdout.split('\n').map((line) => line.split('\t')[1]);
    expect(names.filter(Boolean)).toEqual(['web']);
  });

  it.skipIf(missing('curl'))('issues a key of an API, and revokes it', async () => {
    const { shell } = await machine();
    const port = await freePort();
    const stdout = await shell(example('customer 17').replaceAll('8787', String(port)));
    expect(stdout.split('\n').slice(-2)).toEqual(['accepted', '401']);
  });

  it('replaces a pasted file', async () => {
    const { root, shell, program } = await machine();
    const pasted = (await program.run(['create', '--name', 'shop', '--raw'])).stdout.trim();
    writeFileSync(join(root, '.env'), `SHOP_API_KEY=${pasted}\n`);
    await shell(example('keys import --name shop'));
    expect(readFileSync(join(root, 'worked'), 'utf8').trim()).toBe('1');
    expect((await program.run(['verify'], { stdin: pasted })).code).toBe(7);
    expect(existsSync(join(root, '.git/hooks/pre-commit'))).toBe(true);
  });

  it('delivers a secret to every kind of place', async () => {
    const file = join(temporaryFolder(), 'github-env');
    writeFileSync(file, '');
    const { bin, root, shell } = await machine({ GITHUB_ENV: file });
    await shell(example('--to github-env:CI_KEY'));
    expect(readFileSync(file, 'utf8')).toMatch(/^CI_KEY<</);
    expect(readFileSync(join(bin, 'gh-stdin'), 'utf8')).toMatch(/^sk_live_/);
    expect(readFileSync(join(root, '.env'), 'utf8')).toMatch(/^STORE_API_KEY=sk_live_/m);
  });

  it('audits keys, files and history', async () => {
    const { root, shell, program } = await machine();
    await program.run(['create', '--name', 'web', '--expires', '90d', '--raw']);
    await shell(example('audit.sarif'));
    for (const report of ['audit.sarif', 'audit.html']) expect(existsSync(join(root, report))).toBe(true);
  });

  it('writes, adds and tests a provider', async () => {
    const vendor = await vendorServer();
    const { root, shell } = await machine({ KEYS_API_KEY: vendor.admin });
    // What a user fills in meanwhile.
    const filled = example('provider new acme')
      .replace('keys provider add', 'cp vendor.mjs acme.mjs; chmod 600 acme.mjs; keys provider add')
      .replace('http://localhost:8080', vendor.url);
    mkdirSync(root, { recursive: true });
    const path = writeVendorProvider(root, { keepsMetadata: true });
    writeFileSync(path, readFileSync(path, 'utf8').replace("id: 'vendor'", "id: 'acme'"));
    expect(await shell(filled)).toContain('holds');
  });

  it('reads the audit trail', async () => {
    const service = await startTestService();
    const { shell, program } = await machine({
      KEYS_BASE_URL: service.url,
      KEYS_API_KEY: service.managementKey,
    });
    const { id } = JSON.parse((await program.run(['create', '--name', 'web', '--json'])).stdout);
    const asked = example('keys events   ')
      .replace('http://127.0.0.1:8787', service.url)
      .replace('key_8fK2', id);
    expect(await shell(asked)).toContain('"action"');
  });

  it.skipIf(missing('jq'))('creates a key for one CI job', async () => {
    const service = await startTestService();
    service.clock.advance(Date.now() - service.clock.now());
    const { root, shell, program } = await machine({ KEYS_API_KEY: service.managementKey, CI_JOB_ID: '17' });
    writeFileSync(join(root, 'deploy'), '#!/bin/sh\n[ -n "$DEPLOY_API_KEY" ]\n', { mode: 0o755 });
    await shell(example('CI_JOB_ID').replace('https://keys.example.com', service.url));
    const env = { KEYS_BASE_URL: service.url };
    const keys = JSON.parse((await program.run(['list', '--all', '--json'], { env })).stdout);
    expect(keys.find(({ name }: { name: string }) => name === 'ci-17').status).toBe('revoked');
  });
});
