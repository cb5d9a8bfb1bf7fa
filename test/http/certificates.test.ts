import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe.skipIf(missing('openssl'))('a service with a certificate of a private authority', () => {
  it('is refused with the way out, and trusted with NODE_EXTRA_CA_CERTS', async () => {
    const folder = temporaryFolder();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    await execa('openssl', [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      key,
      '-out',
      cert,
    ]);
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true,"data":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const keys = await keysProgram({ KEYS_API_KEY: 'sk_live_fake', KEYS_BASE_URL: url });
    onTestFinished(() => keys.remove());
    const refused = await keys.run(['list', '--json']);
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toContain('NODE_EXTRA_CA_CERTS');
    const trusted = await keys.run(['list', '--json'], { env: { NODE_EXTRA_CA_CERTS: cert } });
    expect(trusted).toMatchObject({ code: 0, stdout: '[]\n' });
  });
});
