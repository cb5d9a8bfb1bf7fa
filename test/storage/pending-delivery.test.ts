import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as forward, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestService } from '../support/key-service-server.js';
import { keysProgram } from '../support/keys.js';
import { loopbackServer } from '../support/loopback-server.js';
import { keyringSession, MISSING_PROGRAMS } from './keyring-session.js';

/** Stands before a service and holds the response to the first create until `meanwhile` is done. */
async function pausing(url: string, meanwhile: () => Promise<void>): Promise<string> {
  let first = true;
  return await loopbackServer(async (request, response) => {
    const { method, headers } = request;
    const onward = forward(url + request.url, { method, headers });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
    const [relayed] = (await once(onward, 'response')) as [IncomingMessage];
    if (first && method === 'POST' && request.url === '/v1/api-keys') {
      first = false;
      await meanwhile();
    }
    response.writeHead(relayed.statusCode ?? 502, relayed.headers);
    await pipeline(relayed, response);
  });
}

describe.skipIf(MISSING_PROGRAMS.length > 0)(
  'a keychain that is locked between the request and its response',
  () => {
    test('is pending, the others have the secret, and resume delivers it when the place is open again', async () => {
      const [service, session] = await Promise.all([startTestService(), keyringSession('unlocked')]);
      const { HOME: _, ...env } = session.env;
      const keys = await keysProgram({
        ...env,
        KEYS_API_KEY: service.managementKey,
        KEYS_BASE_URL: await pausing(service.url, session.lock),
      });
      onTestFinished(() => keys.remove());
      const got = join(keys.home, 'got');
      const failed = await keys.run(
        ['create', '--name', 'web', '--to', 'keychain', '--to', `exec:cat > ${got}`],
        {
          timeoutMs: 60_000,
        },
      );
      expect([failed.code, failed.stderr]).toEqual([9, expect.stringContaining('pending for keychain')]);
      const secret = readFileSync(got, 'utf8');
      expect(failed.stdout + failed.stderr).not.toContain(secret);
      // Still locked: nothing is lost by trying.
      expect((await keys.run(['resume'], { timeoutMs: 60_000 })).code).toBe(9);
      await session.unlock();
      expect((await keys.run(['resume'])).code).toBe(0);
      expect((await keys.run(['env', 'web', '--shell', 'bash'])).stdout).toContain(secret);
      expect(JSON.parse((await keys.run(['pending', '--json'])).stdout)).toEqual([]);
    });
  },
);
