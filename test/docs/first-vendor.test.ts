import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { resend } from '../providers/fixtures/resend.js';
import { keysProgram, storeSecretsInFile } from '../support/keys.js';
import { loopbackServer } from '../support/loopback-server.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { vendorApi } from '../support/vendor-api.js';

/** The two lines of README's part "Start" that need an account at a vendor, as words. */
function readmePair(): string[][] {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const [, block = ''] = /```sh\n(keys login --provider resend[\s\S]*?)```/.exec(readme) ?? [];
  return block
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/ +#.*$/, '')
        .split(' ')
        .slice(1),
    );
}

/** A certificate for a host, of an authority that only a test trusts. */
async function certificateFor(host: string): Promise<{ readonly key: string; readonly cert: string }> {
  const folder = temporaryFolder();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert];
  await execa('openssl', [...made, ...names]);
  return { key, cert };
}

/** The vendor at its own address: a proxy leads every connection to a server on this machine. */
async function vendorAtItsAddress(host: string, url: string) {
  const { key, cert } = await certificateFor(host);
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  const vendor = await loopbackServer(
    async (incoming, response) => {
      const relayed = await relay(incoming, url);
      response.writeHead(relayed.status, Object.fromEntries(relayed.headers));
      response.end(Buffer.from(await relayed.arrayBuffer()));
    },
    { tls },
  );
  const hosts: string[] = [];
  const lead = ({ url: asked = '' }: IncomingMessage, socket: Socket) => {
    hosts.push(asked);
    const upstream = connect(Number(new URL(vendor).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  };
  const address = await loopbackServer((_, response) => response.writeHead(405).end(), { connect: lead });
  return { hosts, env: { HTTPS_PROXY: address, NO_PROXY: '', NODE_EXTRA_CA_CERTS: cert } };
}

async function relay(incoming: IncomingMessage, url: string): Promise<Response> {
  const body = Buffer.concat(await Readable.from(incoming).toArray());
  return await fetch(`${url}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    headers: { authorization: String(incoming.headers.authorization), 'content-type': 'application/json' },
    ...(body.length === 0 ? {} : { body }),
  });
}

it.skipIf(missing('openssl'))(
  'README’s login and create work one after the other, at the vendor’s own address',
  async () => {
    const [login = [], create = []] = readmePair();
    const api = await vendorApi(resend);
    const { hosts, env } = await vendorAtItsAddress('api.resend.com', api.url);
    const keys = await keysProgram(env);
    onTestFinished(() => keys.remove());
    await storeSecretsInFile(keys);
    const loggedIn = await keys.run([...login, '--with-token'], { stdin: resend.credential, cwd: keys.home });
    expect([loggedIn.code, loggedIn.stderr]).toEqual([
      0,
      expect.stringContaining('hint: use it with --provider resend, or'),
    ]);
    const created = await keys.run(create, { cwd: keys.home });
    expect([created.code, created.stderr]).toEqual([0, expect.any(String)]);
    expect(
      api.exchanges.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body)),
    ).toEqual([{ name: 'web', permission: 'sending_access' }]);
    expect(readFileSync(join(keys.home, '.env'), 'utf8')).toMatch(/^RESEND_API_KEY=re_/m);
    expect(new Set(hosts)).toEqual(new Set(['api.resend.com:443']));
  },
);
