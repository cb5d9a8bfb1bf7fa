import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { generateSecret } from '../../src/domain/secret-format.js';
import { ROUTES } from '../../src/http/wire/routes.js';
import { importDigests } from '../../src/service/import-digests.js';
import { KEY_SERVICE_MIGRATIONS } from '../../src/service/store/migrations.js';
import { openSqliteDatabase } from '../../src/storage/sql/sqlite-database.js';
import { FAKE_SECRETS } from '../support/fake-secrets.js';
import { startTestService } from '../support/key-service-server.js';
import { storeSecretsInFile } from '../support/keys.js';
import { keysInProcess } from '../support/keys-in-process.js';
import { rawRequest } from '../support/raw-request.js';

const SECRETS: ReadonlyArray<readonly [string, () => string]> = [
  ['a key of ours', () => generateSecret('sk_live_')],
  ['a key with a prefix of its service', () => generateSecret('acme_prod_')],
  ...(['github', 'openai', 'stripe', 'npm', 'resend'] as const).map(
    (name) => [name, FAKE_SECRETS[name] ?? (() => '')] as const,
  ),
];
const WHY = 'looks like a secret, which everybody who lists keys would see';

/** The members of a request that put this secret where lists show it. */
const requestsWith = (secret: string): ReadonlyArray<readonly [member: string, request: object]> => [
  ['name', { name: `old key ${secret}` }],
  ['environment', { environment: secret }],
  ['service', { service: secret }],
  ['owner', { owner: secret }],
  ['scopes', { scopes: ['orders:read', secret] }],
  ['metadata', { metadata: { note: `was ${secret}` } }],
  ['metadata', { metadata: { [secret.slice(0, 100)]: 'web' } }],
  ['restrictions', { restrictions: { referrers: [`https://example.com/${secret}`] } }],
];

/** What is said of it. Few secrets are written like a scope, and some are longer than a label. */
function refused(member: string, { length }: string): RegExp {
  const also = [...(member === 'scopes' ? ['not a scope'] : []), ...(length > 100 ? ['at most 100'] : [])];
  return new RegExp([`${member}: ${WHY}`, ...also].join('|'));
}

describe.each(SECRETS)('%s in a text that lists show', (_, fresh) => {
  it('is refused by every command, which does not repeat it', async () => {
    const keys = await keysInProcess();
    onTestFinished(() => keys.remove());
    await storeSecretsInFile(keys);
    await keys.run(['create', 'web']);
    const secret = fresh();
    const texts: ReadonlyArray<readonly string[]> = [
      ['--name', secret],
      ['--service', secret],
      ['--owner', secret],
      ['--scope', secret],
      ['--metadata', `note=${secret}`],
      ['--metadata', secret],
      ['--allow-referrer', `https://example.com/${secret}`],
      ['--allow-endpoint', `GET /v1/${secret}`],
    ];
    const lines = [
      ['create', secret],
      ...texts.map((text) => ['create', ...(text[0] === '--name' ? [] : ['job']), ...text]),
      ['create', 'job', '--environment', secret],
      ...texts.map((text) => ['update', 'web', ...text]),
      ['roll', 'web', '--scope', secret],
      ['import', '--name', secret],
      ['import', '--provider', 'jahuty', '--name', secret],
      ['import', '--provider', 'jahuty', '--name', 'job', '--dashboard-name', secret],
      ['import', '--provider', 'jahuty', '--name', 'job', '--service', secret],
      ['import', '--provider', 'jahuty', '--name', 'job', '--environment', secret],
    ];
    for (const line of lines) {
      const { code, stdout, stderr } = await keys.run(line, { stdin: 'a-fake-key-of-a-dashboard' });
      const said = line.map((word) => word.replaceAll(secret, '…')).join(' ');
      expect([code, stderr.includes(WHY), (stdout + stderr).includes(secret)], `${said}: ${stderr}`).toEqual([
        2,
        true,
        false,
      ]);
      expect(stderr, said).toContain('roll its key');
    }
    const listed = await keys.run(['list', '--all', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'web' }]);
  });

  it('is refused in keys.yaml, with its line', async () => {
    const keys = await keysInProcess();
    onTestFinished(() => keys.remove());
    const secret = fresh();
    const file = join(keys.home, 'keys.yaml');
    for (const [member, text] of [
      ['name', JSON.stringify(secret)],
      ['service', JSON.stringify(secret)],
      ['environment', JSON.stringify(secret)],
      ['scopes', `[${JSON.stringify(secret)}]`],
      ['metadata', `{ note: ${JSON.stringify(secret)} }`],
      ['restrictions', `{ endpoints: [${JSON.stringify(`GET /${secret}`)}] }`],
    ]) {
      const key = { account: 'own', name: 'web', to: '[.env]', [String(member)]: text };
      const lines = Object.entries(key).map(([name, value]) => `    ${name}: ${value}`);
      const at = lines.findIndex((line) => line.includes(`${member}: `));
      writeFileSync(
        file,
        `version: 1\naccounts:\n  own: { provider: keys }\nkeys:\n  -\n${lines.join('\n')}\n`,
      );
      for (const command of ['plan', 'apply']) {
        const { code, stderr } = await keys.run([command, file]);
        expect([code, stderr.includes(secret)], stderr).toEqual([2, false]);
        expect(stderr).toContain(`keys.yaml:${6 + at}:`);
        expect(stderr).toContain(`${member} ${WHY}`);
      }
    }
  });

  it('is refused by the API, and by what takes keys over from another system', async () => {
    const { create, update, list } = ROUTES;
    const service = await startTestService();
    const secret = fresh();
    const send = async (method: string, path: string, body: object) =>
      await rawRequest(`${service.url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${service.managementKey}`,
          'content-type': 'application/json',
          'idempotency-key': `a-key-of-a-request-${Math.random()}`,
        },
        body: JSON.stringify(body),
      });
    const created = await send(create.method, create.path, { name: 'web' });
    const [, id] = /"(key_\w+)"/.exec(created.body) ?? [];
    const database = await openSqliteDatabase(join(service.dataDir, 'keys.db'), KEY_SERVICE_MIGRATIONS);
    onTestFinished(() => database.close());
    for (const [member, request] of requestsWith(secret)) {
      const posted = await send(create.method, create.path, { name: 'job', ...request });
      const patched = await send(update.method, update.path.replace('{id}', String(id)), request);
      // An update has no environment.
      const both = member === 'environment' ? [posted] : [posted, patched];
      for (const { status, body } of both) {
        expect([status, body.includes(secret)], body).toEqual([400, false]);
        expect(body).toMatch(refused(member, secret));
      }
      const line = JSON.stringify({ name: 'job', ...request, digest: '0a'.repeat(32) });
      const by = { actor: 'owner', at: Date.now() };
      const taken = importDigests(database, Readable.from([line]), { algorithm: 'sha256', by });
      await expect(taken).rejects.toThrow(refused(member, secret));
      await expect(taken).rejects.not.toThrow(secret);
    }
    const listed = await rawRequest(`${service.url}${list.path}`, {
      headers: { authorization: `Bearer ${service.managementKey}` },
    });
    expect(listed.body).not.toContain(secret);
    expect(service.log.join('\n')).not.toContain(secret);
  });
});
