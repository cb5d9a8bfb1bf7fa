import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import { loopbackServer } from './loopback-server.js';
import { temporaryFolder } from './temporary-folder.js';

const CONFIGURATIONS = new URL('../service/proxies/', import.meta.url);

/** Longest that a proxy may take to listen. */
const START_MS = 15_000;

export type ProxyName = 'nginx' | 'caddy';

/** The configuration that keys-service(7) shows. */
export function configurationOf(proxy: ProxyName): string {
  return readFileSync(new URL(proxy === 'nginx' ? 'nginx.conf' : 'Caddyfile', CONFIGURATIONS), 'utf8');
}

/**
 * Starts a real proxy with the configuration of keys-service(7), except for the ports. Returns its address.
 */
export async function startProxy(
  proxy: ProxyName,
  { keyService, api, change = (text) => text }: ProxyOptions,
): Promise<string> {
  const [folder, port] = [temporaryFolder(), await freePort()];
  const configuration = change(configurationOf(proxy))
    .replaceAll(':8080', `:${port}`)
    .replaceAll('127.0.0.1:8787', new URL(keyService).host)
    .replaceAll('127.0.0.1:3000', new URL(api).host);
  const file = join(folder, proxy === 'nginx' ? 'nginx.conf' : 'Caddyfile');
  writeFileSync(file, proxy === 'nginx' ? aroundNginx(configuration, folder) : aroundCaddy(configuration));
  writeFileSync(join(folder, 'site.conf'), configuration);
  const args =
    proxy === 'nginx'
      ? ['-p', folder, '-c', file, '-e', join(folder, 'error.log')]
      : ['run', '--config', file, '--adapter', 'caddyfile'];
  const child = spawn(proxy, args, {
    env: {
      PATH: `${process.env['PATH']}:/usr/sbin`,
      HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CONFIG_HOME: folder,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  onTestFinished(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
  });
  await listening(port, () => {
    if (child.exitCode !== null) throw new Error(`${proxy}: ${said}`);
  });
  return `http://127.0.0.1:${port}`;
}

interface ProxyOptions {
  readonly keyService: string;
  readonly api: string;
  /** Changes the configuration of keys-service(7). */
  readonly change?: (configuration: string) => string;
}

/**
 * Someone's API: returns what it was asked, and by which key, as the proxy says; `claims` has every header
 * about the key.
 */
export async function startApi(): Promise<string> {
  return await loopbackServer(({ method, url, headers }, outgoing) => {
    outgoing.setHeader('content-type', 'application/json');
    const claims = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-key-')));
    outgoing.end(
      JSON.stringify({ method, url, key: headers['x-key-id'], scopes: headers['x-key-scopes'], claims }),
    );
  });
}

function aroundNginx(site: string, folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http {
access_log off;
${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
${site}}
`;
}

function aroundCaddy(site: string): string {
  return `{\n\tadmin off\n\tauto_https off\n}\n${site}`;
}

async function listening(port: number, check: () => void): Promise<void> {
  for (let waited = 0; waited < START_MS; waited += 50) {
    check();
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.end() !== undefined));
      socket.once('error', () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the proxy does not listen');
}
