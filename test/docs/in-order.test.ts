import { readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { GIT_ENV, gitRepository } from '../support/git-repository.js';
import { GUIDES, readGuide } from '../support/guides.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { shellScript } from '../support/shell-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { testClient } from '../support/test-client.js';
import { vendorServer, writeVendorProvider } from '../support/vendor-server.js';

/** How often the guides are followed from the start, in one home. */
const PASSES = [1, 2];

/** Commands of a guide: examples that are marked as run, and the recipes for CI and cron. */
interface Passage {
  /** File and line. */
  readonly at: string;
  readonly text: string;
  readonly lines: readonly string[];
}

function passages(guide: string): Passage[] {
  const found: Passage[] = [];
  const markdown = readGuide(guide);
  for (const match of markdown.matchAll(/(<!-- example: run -->\n\n)?```(sh|yaml|crontab)\n([\s\S]*?)```/g)) {
    const [, isRun, language, text = ''] = match;
    const lines =
      language === 'sh'
        ? isRun
          ? logicalLines(text)
          : []
        : language === 'yaml'
          ? fromYaml(text)
          : fromCrontab(text);
    if (lines.some((line) => /\bkeys /.test(line))) {
      const line = markdown.slice(0, match.index).split('\n').length;
      found.push({ at: `${guide} line ${line}`, text, lines });
    }
  }
  return found;
}

const logicalLines = (text: string) =>
  text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('#'));

/** The commands of a workflow: `run: …`, `run: |` with its lines, and the items of a `script:`. */
function fromYaml(text: string): string[] {
  const commands = [...text.matchAll(/^( *)(?:- )?run: (\|\n((?:\1 +.*\n)+)|.*$)/gm)].flatMap(
    ([, , line = '', block]) => (block === undefined ? [line] : logicalLines(block.replace(/^ +/gm, ''))),
  );
  const scripts = [...text.matchAll(/^( *)script:\n((?:\1 +- .*\n)+)/gm)].flatMap(([, , items = '']) =>
    [...items.matchAll(/- (.*)$/gm)].map(([, line = '']) => line.replace(/^(['"])(.*)\1$/, '$2')),
  );
  return [...commands, ...scripts];
}

const fromCrontab = (text: string) =>
  [...text.matchAll(/^(?:\S+ ){4}\S+ +(.*)$/gm)].map(([, line = '']) => line);

/** A machine with `keys`, and stand-ins for what the examples call. */
async function machine() {
  const bin = temporaryFolder();
  shellScript(join(bin, 'keys'), `exec '${process.execPath}' -- '${BIN}' "$@"`);
  shellScript(join(bin, 'gh'), 'cat > /dev/null');
  // `npm install` of the CI recipes: `keys` is on the PATH already.
  shellScript(join(bin, 'npm'), '[ "$1" = install ]');
  const program = await keysProgram({
    ...GIT_ENV,
    PATH: `${bin}${delimiter}${GIT_ENV.PATH}`,
    GITHUB_ENV: join(bin, 'github-env'),
    GITHUB_OUTPUT: join(bin, 'github-output'),
    GITHUB_STEP_SUMMARY: join(bin, 'summary'),
    GITHUB_RUN_ID: '18',
  });
  onTestFinished(() => program.remove());
  for (const name of ['github-env', 'github-output', 'summary']) writeFileSync(join(bin, name), '');
  await program.run(['config', 'set', 'storage', 'file']);
  const { root, commit } = gitRepository();
  commit('.gitignore', '.env\n*.env\n');
  for (const name of ['worker', 'deploy', 'deploy.sh', 'script'])
    shellScript(join(root, name), 'env | grep -v "^KEYS_API_KEY=" | grep -q "=sk_live_"');
  // What a reader of "Replace a key that was pasted into .env" has there.
  const pasted = (await program.run(['create', '--name', 'shop', '--raw'])).stdout.trim();
  writeFileSync(join(root, '.env'), `SHOP_API_KEY=${pasted}\n`);
  return { program, root };
}

/** Replaces addresses, ports and an id of the examples with those of the test. */
async function replacements(root: string) {
  const service = await startTestService();
  service.clock.advance(Date.now() - service.clock.now());
  const { service: manager } = testClient(service.url, service.managementKey);
  const { key } = await manager.create(
    { name: 'web' },
    { idempotencyKey: Buffer.alloc(32, 3).toString('base64url') },
  );
  const vendor = await vendorServer();
  const provider = writeVendorProvider(root, { keepsMetadata: true });
  writeFileSync(provider, readFileSync(provider, 'utf8').replace("id: 'vendor'", "id: 'acme'"));
  const port = String(await freePort());
  return ({ text, lines }: Passage) => {
    const startsServer = /keys serve\b(?! (export|import|migrate)).*&$/m.test(text);
    const atService = !startsServer && /KEYS_API_KEY|keys\.example\.com|CI_PIPELINE|CI_JOB/.test(text);
    const atVendor = text.includes('keys provider test');
    const env: Record<string, string> = atVendor
      ? { KEYS_API_KEY: vendor.admin }
      : atService
        ? { KEYS_API_KEY: service.managementKey, KEYS_BASE_URL: service.url }
        : {};
    const replaced = lines.map((line) =>
      line
        .replaceAll('https://keys.example.com', service.url)
        .replaceAll(startsServer ? '\u0000' : 'http://127.0.0.1:8787', service.url)
        .replaceAll('http://localhost:8080', vendor.url)
        .replaceAll('8787', port)
        .replaceAll('key_8fK2', key.id)
        // A machine under load takes longer than the reader's until the server listens.
        .replace(
          /^sleep 1\b/,
          `until curl --silent --output /dev/null http://127.0.0.1:${port}; do sleep 0.2; done`,
        )
        // What a reader fills in between the two commands.
        .replace(/^keys provider add /, 'cp vendor.mjs acme.mjs; chmod 600 acme.mjs; keys provider add '),
    );
    return { env, lines: replaced };
  };
}

/**
 * Exit codes that a line may have: an audit may find something; what has its name already is neither created
 * again nor replaced.
 */
function allowed(line: string, pass: number): number[] {
  if (/\bkeys audit\b/.test(line)) return [0, 8];
  const again = pass > 1 && /\bkeys (create|import|provider new)\b/.test(line);
  return again ? [0, 6] : [0];
}

it.skipIf(missing('jq', 'curl'))(
  'README and the topics work in order in one home',
  async () => {
    const found = GUIDES.flatMap(passages);
    expect(found.length).toBeGreaterThan(5);
    const { program, root } = await machine();
    const adapt = await replacements(root);
    const failed: string[] = [];
    for (const pass of PASSES) {
      for (const passage of found) {
        const { at, lines } = passage;
        const { env, lines: adapted } = adapt(passage);
        const script = adapted.map((line, n) => `${line}\necho "line ${n} ended with $?" >&3`).join('\n');
        const { stderr, stdio } = await execa(
          'bash',
          ['-c', `trap 'kill $(jobs -p) 2>/dev/null || :' EXIT\n${script}`],
          {
            cwd: root,
            // A job that is run again has another id or attempt.
            env: { ...program.env, ...env, CI_JOB_ID: `17${pass}`, GITHUB_RUN_ATTEMPT: String(pass) },
            extendEnv: false,
            reject: false,
            stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
            timeout: 120_000,
          },
        );
        const codes = new Map(
          [...String(stdio[3]).matchAll(/line (\d+) ended with (\d+)/g)].map(([, n, code]) => [
            Number(n),
            Number(code),
          ]),
        );
        for (const [n, line] of adapted.entries()) {
          const code = codes.get(n);
          if (code !== undefined && allowed(line, pass).includes(code)) continue;
          failed.push(`pass ${pass}, ${at}: ${lines[n]}\n  ended with ${code ?? 'the shell'}\n${stderr}`);
          if (code === undefined) break;
        }
      }
    }
    expect(failed.join('\n')).toBe('');
    // Whatever an env file holds works.
    for (const [, secret = ''] of readFileSync(join(root, '.env'), 'utf8').matchAll(/=['"]?(sk_live_\w+)/g))
      expect((await program.run(['verify'], { stdin: secret })).code).toBe(0);
  },
  600_000,
);
