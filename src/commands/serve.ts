import { isIP } from 'node:net';
import { Command } from '@commander-js/extra-typings';
import type { Deps } from '../deps.js';
import { KeysError } from '../domain/errors.js';

interface ServeFlags {
  readonly port: string;
  readonly host: string;
  readonly dataDir?: string;
  readonly policy?: string;
  readonly webhookUrl?: string;
}

export function serveCommand(deps: Deps) {
  return new Command('serve')
    .description(
      'Runs the key service over HTTP on this machine, over the same database that keys uses without a profile. At its first start it makes a management key and writes it to management.key in the data directory.',
    )
    .option('--port <number>', 'port to listen on; 0 takes a free one', '8787')
    .option('--host <address>', 'address to listen on, in full; only loopback unless said', '127.0.0.1')
    .option('--data-dir <path>', "folder of the database (default: the user's data directory)")
    .option(
      '--policy <system>',
      "the system whose rules are followed; kept in the database (default: the database's own, at first keys)",
    )
    .option('--webhook-url <url>', 'where signed notices of what happens to pairs go (policy tylt)')
    .addHelpText(
      'after',
      `
Environment:
  KEYS_MANAGEMENT_KEY  a management key of our format to use instead of making one
  KEYS_ENCRYPTION_KEY  256 bits (hex or base64url) that encrypt the signing halves of pairs (default: the keychain's, else a 0600 file in the config directory)

Examples:
  keys serve --port 8787
  keys login --base-url http://127.0.0.1:8787 --profile team --with-token < management.key`,
    )
    .action((flags) => serve(flags, deps));
}

async function serve(flags: ServeFlags, deps: Pick<Deps, 'serve'>): Promise<void> {
  await deps.serve({
    host: readHost(flags.host),
    port: readPort(flags.port),
    ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
    ...(flags.policy === undefined ? {} : { policy: flags.policy }),
    ...(flags.webhookUrl === undefined ? {} : { webhookUrl: flags.webhookUrl }),
  });
}

function readPort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new KeysError('usage', `not a port: ${JSON.stringify(text)}`, {
      hint: 'a number from 0 to 65535; the address goes to --host',
    });
  }
  return port;
}

function readHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) === 0 && bare !== 'localhost') {
    throw new KeysError('usage', `not an address: ${JSON.stringify(text)}`, {
      hint: 'an IP address in full, such as 127.0.0.1 or, for every interface, 0.0.0.0',
    });
  }
  return bare;
}
