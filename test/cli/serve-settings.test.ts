import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveCommand } from '../../src/cli/commands/serve.js';
import type { Context } from '../../src/cli/context.js';
import { readConsoleHosts, readServeOptions } from '../../src/cli/serve/serve-options.js';
import { fillInSettings } from '../../src/cli/serve/serve-settings.js';
import { readTls } from '../../src/service/http/tls.js';
import { startTestService } from '../support/key-service-server.js';
import { BIN, keysProgram } from '../support/keys.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

describe('options of serve', () => {
  /** What the options are, from this command line, these variables and this file. */
  async function settled(args: readonly string[], env: Record<string, string>, file?: string) {
    const directory = temporaryFolder();
    if (file !== undefined) writeFileSync(join(directory, 'serve.yaml'), file);
    const command = new Command()
      .option('--config <file>')
      .option('--port <number>', '', '8787')
      .option('--trust-proxy <ranges...>')
      .option('--no-console')
      .addOption(
        new Option('--log <which>').choices(['off', 'errors', 'all'] as const).default('all' as const),
      );
    command.parse([...(file === undefined ? [] : ['--config', 'serve.yaml']), ...args], { from: 'user' });
    await fillInSettings(command, { env, process: { directory } });
    const { config, console, ...options } = command.opts();
    return console ? options : { ...options, console };
  }

  it('come from the command line, else from variables, else from the file', async () => {
    const file = 'port: 1\nlog: errors\ntrust-proxy: [10.0.0.0/8, "::1"]\n';
    expect(await settled([], {})).toEqual({ port: '8787', log: 'all' });
    expect(await settled([], {}, file)).toEqual({
      ...{ port: '1', log: 'errors', trustProxy: ['10.0.0.0/8', '::1'] },
    });
    const env = { KEYS_SERVE_PORT: '2', KEYS_SERVE_TRUST_PROXY: '127.0.0.1, ::1', KEYS_SERVE_LOG: '' };
    expect(await settled([], env, file)).toEqual({
      ...{ port: '2', log: 'errors', trustProxy: ['127.0.0.1', '::1'] },
    });
    // What is said counts, also where it is the default.
    expect(await settled(['--port', '8787', '--log', 'off'], env, file)).toMatchObject({
      ...{ port: '8787', log: 'off' },
    });
  });

  it('without a value are true or false', async () => {
    expect(await settled([], {}, 'no-console: true\n')).toMatchObject({ console: false });
    expect(await settled([], { KEYS_SERVE_NO_CONSOLE: 'true' })).toMatchObject({ console: false });
    expect(await settled([], { KEYS_SERVE_NO_CONSOLE: 'false' }, 'no-console: true\n')).not.toHaveProperty(
      'console',
    );
    expect(await settled(['--no-console'], { KEYS_SERVE_NO_CONSOLE: 'false' })).toMatchObject({
      console: false,
    });
    await expect(settled([], { KEYS_SERVE_NO_CONSOLE: 'off' })).rejects.toThrow('true or false');
  });

  it.each([
    ['ports: 1', 'no such setting: ports'],
    ['config: other.yaml', 'no such setting: config'],
    ['log: loud', 'not a value of log'],
    ['port: [1, 2]', 'neither a text'],
    ['port: ["1", "2"]', 'not a value of port'],
    ['port: {a: 1}', 'neither a text'],
    ['- port', 'not a list of settings'],
    ['port: "', 'serve.yaml'],
    ['a: &a [x]\nb: *a', 'serve.yaml'],
  ])('%j is refused with the place of the mistake', async (file, message) => {
    await expect(settled([], {}, file)).rejects.toThrow(message);
  });

  it('refuses a value of a variable by its name', async () => {
    await expect(settled([], { KEYS_SERVE_LOG: 'loud' })).rejects.toThrow(
      'KEYS_SERVE_LOG: not a value of log',
    );
  });
});

describe('every option of serve', () => {
  // The command is built and never run, so nothing of the context is used.
  const built = () => serveCommand({} as Context) as unknown as CommandUnknownOpts;
  const options = built()
    .options.filter(({ long }) => long !== '--config')
    .map((option) => [option.name(), option] as const);

  it.each(options)('%s has a variable and a name in serve.yaml', async (name, option) => {
    const isFlag = option.isBoolean() || option.negate;
    const value = isFlag ? 'true' : (option.argChoices?.[0] ?? 'some-value');
    const expected = isFlag ? !option.negate : option.variadic ? [value] : value;
    const directory = temporaryFolder();
    writeFileSync(join(directory, 'serve.yaml'), `${name}: ${value}\n`);
    const variable = `KEYS_SERVE_${name.replaceAll('-', '_').toUpperCase()}`;
    for (const env of [{ [variable]: value }, { KEYS_SERVE_CONFIG: 'serve.yaml' }]) {
      const command = built();
      await fillInSettings(command, { env, process: { directory } });
      expect(command.getOptionValue(option.attributeName())).toEqual(expected);
    }
  });

  it('is not one of a few', () => {
    expect(options.length).toBeGreaterThan(20);
  });
});

it('timeouts of the database are from a second to an hour', () => {
  const context = { env: {}, process: { pid: 1, directory: '/' } as Context['process'] };
  const read = (more: object) =>
    readServeOptions(
      {
        ...{
          port: '0',
          host: '127.0.0.1',
          console: true,
          log: 'off',
          database: 'postgres://keys@127.0.0.1/keys',
        },
        ...more,
      },
      context,
    );
  expect(read({ databaseConnectTimeout: '3s', databaseStatementTimeout: '1m' }).database).toMatchObject({
    connectMs: 3_000,
    statementMs: 60_000,
  });
  expect(read({}).database).not.toHaveProperty('statementMs');
  for (const wrong of ['0', '2h', 'soon']) expect(() => read({ databaseStatementTimeout: wrong })).toThrow();
});

describe.skipIf(missing('openssl'))('HTTPS', () => {
  /** A new certificate for 127.0.0.1 with its private key, as files. */
  function certificate(folder: string, name: string): { cert: string; key: string } {
    const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
    execFileSync(
      'openssl',
      [
        ...[
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
        ],
        ...['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-out', cert, '-keyout', key],
      ],
      { stdio: 'ignore' },
    );
    return { cert, key };
  }

  /** Status of a request over a new connection, and whose certificate the server has. */
  function ask(url: string): Promise<{ status: number | undefined; name: string | string[] | undefined }> {
    return new Promise((resolve, reject) => {
      // Each certificate of this test is its own authority: which one it is is what is asked.
      const outgoing = request(`${url}/healthz`, { rejectUnauthorized: false, agent: false }, (incoming) => {
        const name = (incoming.socket as TLSSocket).getPeerCertificate().subject.CN;
        incoming.resume().once('end', () => resolve({ status: incoming.statusCode, name }));
      });
      outgoing.once('error', reject).end();
    });
  }

  it('is served from the files of a setting; SIGHUP reads them again, and a broken one changes nothing', async () => {
    const keys = await keysProgram();
    onTestFinished(() => keys.remove());
    const [first, second] = [certificate(keys.home, 'first'), certificate(keys.home, 'second')];
    const [cert, key] = [join(keys.home, 'cert.pem'), join(keys.home, 'cert.key')];
    const install = (from: { cert: string; key: string }) => {
      copyFileSync(from.cert, cert);
      copyFileSync(from.key, key);
    };
    install(first);
    writeFileSync(join(keys.home, 'serve.yaml'), `port: 0\ntls-cert: ${cert}\nlog: errors\n`);
    const server = execa(process.execPath, [BIN, 'serve', '--config', join(keys.home, 'serve.yaml')], {
      env: { ...keys.env, KEYS_SERVE_TLS_KEY: key },
      extendEnv: false,
      reject: false,
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    let said = '';
    server.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    await expect.poll(() => said).toContain('listening on https://127.0.0.1:');
    const url = /listening on (\S+)/.exec(said)?.[1] ?? '';
    expect(await ask(url)).toEqual({ status: 200, name: 'first' });
    install(second);
    server.kill('SIGHUP');
    await expect.poll(() => said).toContain('read the certificate again');
    expect(await ask(url)).toEqual({ status: 200, name: 'second' });
    copyFileSync(first.key, key);
    server.kill('SIGHUP');
    await expect.poll(() => said).toContain('the certificate stays');
    expect(await ask(url)).toEqual({ status: 200, name: 'second' });
    expect(said).not.toContain('"status":200');
    server.kill('SIGTERM');
    expect((await server).exitCode).toBe(0);
  });

  it('closes connections that send nothing, before the handshake too', async () => {
    const service = await startTestService({
      tls: certificate(temporaryFolder(), 'first'),
      limits: { headersMs: 300 },
    });
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1').resume();
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    expect(await ask(service.url)).toEqual({ status: 200, name: 'first' });
  });

  it('refuses what is no certificate with its key, and shows nothing of it', () => {
    const folder = temporaryFolder();
    const [one, other] = [certificate(folder, 'one'), certificate(folder, 'other')];
    writeFileSync(join(folder, 'text.pem'), 'fake-secret-text\n');
    const text = join(folder, 'text.pem');
    for (const files of [
      { cert: one.cert, key: other.key },
      { cert: text, key: one.key },
      { cert: one.cert, key: text },
    ])
      expect(() => readTls(files)).toThrow(/are no certificate with its private key: (?!.*fake-secret)/);
    expect(() => readTls({ cert: join(folder, 'none'), key: one.key })).toThrow(
      'the certificate: there is no such file',
    );
    expect(() => readTls({ cert: one.cert, key: folder })).toThrow('the private key: ');
  });
});

it('takes a host name of the console alone: another one would never fit', () => {
  expect(readConsoleHosts(['keys.example.com', 'Keys-2'])).toEqual(['keys.example.com', 'Keys-2']);
  for (const wrong of ['a b', 'https://keys.example.com', 'keys.example.com:443', 'keys.example.com/', '']) {
    expect(() => readConsoleHosts([wrong])).toThrow(`not a host name: ${JSON.stringify(wrong)}`);
  }
});
