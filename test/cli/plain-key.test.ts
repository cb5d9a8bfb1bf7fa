import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POLICIES } from '../../src/service/policies/find-policy.js';
import { idempotent, secretOf } from '../contract/key-service.js';
import { testEncryptionKey } from '../support/encryption-key.js';
import { startTestService } from '../support/key-service-server.js';
import { storeSecretsInFile } from '../support/keys.js';
import { type KeysInProcess, keysInProcess } from '../support/keys-in-process.js';
import { testClient } from '../support/test-client.js';

/** What only those who send requests themselves understand. */
const HTTP_WORDS = /\b(GET|POST|PATCH)\b|\/v1\/|"[a-z_]+":|header/;
const HOW_TO_GET_ONE =
  /wrote a management key to management\.key; with it, keys create <name> --scope keys:read --scope keys:write creates another one, and keys login stores it/;

let keys: KeysInProcess;
beforeAll(async () => {
  keys = await keysInProcess();
  await storeSecretsInFile(keys);
});
afterAll(() => keys.remove());

describe.each(POLICIES)('a key service of $title', ({ id: policy, credential, environments }) => {
  const [environment = ''] = environments;
  const slot = policy === 'tylt' ? { service: 'shop', environment } : {};
  const start = async () => {
    const service = await startTestService({ policy, encryptionKey: testEncryptionKey() });
    const { service: manager } = testClient(service.url, service.managementKey);
    const login = async (secret: string, profile: string) =>
      await keys.run(['login', '--base-url', service.url, '--profile', profile, '--with-token', '--yes'], {
        stdin: secret,
      });
    return { service, manager, login };
  };

  it('login and status say that a plain key manages nothing, and how to get one that does', async () => {
    const { service, manager, login } = await start();
    const created = await manager.create({ name: 'web', ...slot }, idempotent());
    if (credential === 'pair') {
      const half = 'api_key' in created.credential ? created.credential.api_key : '';
      const refused = await login(half, policy);
      expect([refused.code, refused.stderr]).toEqual([4, expect.stringMatching(HOW_TO_GET_ONE)]);
      expect(refused.stderr).toMatch(/a pair uses the API and manages no keys/);
      expect(refused.stderr).not.toMatch(HTTP_WORDS);
    } else {
      const plain = await login(secretOf(created), policy);
      const status = await keys.run(['status', '--profile', policy]);
      for (const { code, stderr } of [plain, status]) {
        expect([code, stderr]).toEqual([0, expect.stringMatching(HOW_TO_GET_ONE)]);
        expect(stderr).toContain('warning: web manages no keys');
      }
      const list = await keys.run(['list', '--profile', policy]);
      expect([list.code, list.stderr]).toEqual([4, expect.stringMatching(HOW_TO_GET_ONE)]);
      expect(list.stderr).not.toMatch(HTTP_WORDS);
    }
    expect((await login(service.managementKey, policy)).stderr).not.toContain('manages no');
    expect((await keys.run(['status', '--profile', policy])).stderr).not.toContain('manages no');
  });

  it('a test key that may not create a key here gets a hint that fits the policy and the program', async () => {
    const { manager, login } = await start();
    const office = { name: 'office', environment: 'test', scopes: ['keys:read', 'keys:write'] };
    const { stderr: warned } = await login(
      secretOf(await manager.create(office, idempotent())),
      `${policy}-test`,
    );
    expect(warned).not.toContain('manages no');
    const named = policy === 'tylt' ? ['--service', 'shop'] : [];
    const line = ['create', 'web', '--environment', environment, ...named, '--profile', `${policy}-test`];
    const { code, stderr } = await keys.run([...line, '--yes']);
    const instead = environments.includes('test')
      ? `; keys create --environment test --profile ${policy}-test creates keys that it manages`
      : '';
    expect([code, stderr]).toEqual([
      4,
      `keys: error: environment: a test key manages test keys only\nkeys: hint: use a live management key${instead}\n`,
    ]);
  });
});

it('a key that can only verify is said to do that', async () => {
  const { url, managementKey } = await startTestService();
  const { service: manager } = testClient(url, managementKey);
  const created = await manager.create({ name: 'gateway', scopes: ['keys:verify'] }, idempotent());
  const login = ['login', '--base-url', url, '--profile', 'gateway', '--with-token'];
  const { stderr } = await keys.run(login, { stdin: secretOf(created) });
  expect(stderr).toContain('warning: gateway can verify keys, and manages none');
});
