import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { expect, it } from 'vitest';
import { createKeyFinder } from '../../src/audit/repository/find-keys.js';
import { FORMATS } from '../../src/domain/published-formats.js';
import { loadAllProviders } from '../../src/providers/registry.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';
import { gitRepository } from '../support/git-repository.js';
import { keysInProcess } from '../support/keys-in-process.js';

const ROOT = join(import.meta.dirname, '..', '..');

/** Prefixes that alone do not tell a secret, and why. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  ak_: 'Clerk: three characters, which many services use',
  ss_: 'SwiftSell: three characters, which many texts have',
  SK: 'Twilio: the id of a key, no secret',
  'pk-lf-': 'Langfuse: the public half of a pair',
};

it('finds every prefix that a provider has, or says why not', async () => {
  const covered = FORMATS.flatMap(({ prefixes }) => prefixes);
  const ours = ['sk_live_', 'sk_test_'];
  for (const { id, format } of await loadAllProviders()) {
    for (const { prefix, type } of format.prefixes) {
      if (type === 'public' || ours.includes(prefix)) continue;
      const isKnown = covered.some((known) => known.startsWith(prefix)) || prefix in LEFT_OUT;
      expect(isKnown, `${id}: ${prefix}`).toBe(true);
    }
  }
});

it('stops a commit of a key in each format', async () => {
  const keys = await keysInProcess();
  const { root, write, git } = gitRepository();
  for (const [name, make] of Object.entries(FAKE_SECRETS)) write(`${name}.txt`, `key=${make()}\n`);
  git('add', '--all');
  const { code, stdout, stderr } = await keys.run(['guard'], { cwd: root });
  expect(code).not.toBe(0);
  for (const name of Object.keys(FAKE_SECRETS)) expect(stdout + stderr).toContain(`${name}.txt`);
  await keys.remove();
});

const TEXTS = new Set(['.js', '.cjs', '.mjs', '.ts', '.mts', '.json', '.md', '.yml', '.txt', '.map']);
/** Files of the packages that are searched, and the largest of them in bytes. */
const MOST = { files: 3_000, bytes: 512 * 1024 };

function filesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return files
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => TEXTS.has(extname(path)) && statSync(path).size <= MOST.bytes);
}

it('takes nothing in our sources and in the packages for a key', { timeout: 120_000 }, () => {
  const find = createKeyFinder();
  const own = ['src', 'test', 'man', 'completions'].flatMap((folder) => filesIn(join(ROOT, folder)));
  const packages = filesIn(join(ROOT, 'node_modules'));
  // Files of all packages, not of the first ones alone.
  const step = Math.max(1, Math.floor(packages.length / MOST.files));
  const searched = [...own, ...packages.filter((_, at) => at % step === 0)];
  expect(searched.length).toBeGreaterThan(1_000);
  const found = searched.flatMap((path) =>
    find(readFileSync(path, 'utf8'))
      .filter(({ kind }) => kind === 'format')
      .map(({ line, provider, masked }) => `${path}:${line} ${provider} ${masked}`),
  );
  expect(found).toEqual([]);
});
