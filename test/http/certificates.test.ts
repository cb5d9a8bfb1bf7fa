import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keysProgram } from '../support/keys.js';
import { loopbackServer } from '../support/loopback-server.js';
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
    const tls = { key: readFileSync(key), cert: readFileSync(cert) };
    const url = await loopbackServer(
      (_, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true,"data":[]}'),
      { tls },
    );
    const keys = await keysProgram({ KEYS_API_KEY: 'sk_live_fake', KEYS_BASE_URL: url });
    onTestFinished(() => keys.remove());
    const refused = await keys.run(['list', '--json']);
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toContain('NODE_EXTRA_CA_CERTS');
    const trusted = await keys.run(['list', '--json'], { env: { NODE_EXTRA_CA_CERTS: cert } });
    expect(trusted).toMatchObject({ code: 0, stdout: '[]\n' });
  });
});
