import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import type { KeyService } from '../../src/domain/key-service.js';
import { secretOf } from '../contract/key-service.js';
import { BIN, keysProgram } from '../support/keys.js';
import { testClient } from '../support/test-client.js';
import { noteFault } from './fault-table.js';

const ROUNDS = Number(process.env['KEYS_FAULT_SERVER_ROUNDS'] ?? 3);

/** `keys serve` as a process of its own, on a port that stays the same when it is started again. */
async function startServer(env: Readonly<Record<string, string>>, port: number) {
  const child = execa(process.execPath, ['--', BIN, 'serve', '--port', String(port)], {
    env,
    extendEnv: false,
    reject: false,
    buffer: false,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said += bytes.toString();
      const found = /listening on (http:\S+)/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on('exit', () => reject(new Error(said)));
  });
  const kill = async () => {
    child.kill('SIGKILL');
    await child;
  };
  return { url, kill };
}

it('killed under load: what it acknowledged exists and works, and the same idempotency key recovers the rest', async () => {
  const keys = await keysProgram();
  let server = await startServer(keys.env, 0);
  const port = Number(new URL(server.url).port);
  const admin = readFileSync(join(keys.home, '.local/share/keys/management.key'), 'utf8').trim();
  const once = { retries: 0 };
  const client = (): KeyService => testClient(server.url, admin, once).service;
  const facts = { killed: 0, acknowledged: 0, recovered: 0, absent: 0, lost: 0 };

  for (let round = 0; round < ROUNDS; round++) {
    const service = client();
    const requests = Array.from({ length: 40 }, (_, i) => ({
      name: `r${round}-${i}`,
      idempotencyKey: randomBytes(32).toString('base64url'),
    }));
    const first = await service.create(
      { name: `rolled ${round}` },
      { idempotencyKey: randomBytes(32).toString('base64url') },
    );
    const rollKey = randomBytes(32).toString('base64url');
    const responses = requests.map(({ name, idempotencyKey }) =>
      service.create({ name }, { idempotencyKey }).then(secretOf, () => null),
    );
    const rolled = service.roll(first.key.id, {}, { idempotencyKey: rollKey }).then(secretOf, () => null);
    // Another one in each round: some before it are acknowledged, most after it are not.
    await responses[(round * 9 + 3) % responses.length];
    await server.kill();
    facts.killed++;
    const known = await Promise.all(responses);
    server = await startServer(keys.env, port);
    const after = client();
    for (const [i, secret] of known.entries()) {
      const { name, idempotencyKey } = requests[i] ?? { name: '', idempotencyKey: '' };
      if (secret !== null) {
        facts.acknowledged++;
        if (!(await after.verify({ key: secret })).valid) facts.lost++;
        continue;
      }
      const before = (await after.list({ name })).keys.length;
      const again = await after.create({ name }, { idempotencyKey });
      const { keys: now } = await after.list({ name });
      if (now.length !== 1 || !(await after.verify({ key: secretOf(again) })).valid) facts.lost++;
      if (before === 1) facts.recovered++;
      else facts.absent++;
    }
    const successor =
      (await rolled) ?? secretOf(await after.roll(first.key.id, {}, { idempotencyKey: rollKey }));
    if (!(await after.verify({ key: successor })).valid) facts.lost++;
  }
  const { killed: kills, ...found } = facts;
  noteFault({
    where: 'keys serve',
    what: 'serve',
    point: 'at any time, under load',
    facts: { kills, ...found },
  });
  expect(facts.lost).toBe(0);
  expect(facts.acknowledged).toBeGreaterThan(0);
  await server.kill();
  await keys.remove();
});
