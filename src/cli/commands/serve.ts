import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Context } from '../context.js';
import { DATABASE_ENVIRONMENT, databaseOption, dataDirOption } from '../serve/database-address.js';
import { refuseContradictions } from '../serve/refuse-contradictions.js';
import { runService } from '../serve/run-service.js';
import {
  connectionsOption,
  connectTimeoutOption,
  logOption,
  retainEndedOption,
  retainEventsOption,
  statementTimeoutOption,
} from '../serve/serve-options.js';
import { fillInSettings } from '../serve/serve-settings.js';
import { serveBackupCommand, serveRestoreCommand } from './serve-backup.js';
import { serveExportCommand, serveImportCommand, serveMigrateCommand } from './serve-data.js';
import { serveImportDigestsCommand } from './serve-import-digests.js';
import { serveRecoverCommand } from './serve-recover.js';
import { serveRekeyCommand } from './serve-rekey.js';

const SERVE_HELP = `
Environment:
  KEYS_SERVE_…         each option as a variable, such as KEYS_SERVE_PORT or KEYS_SERVE_TRUST_PROXY; an option wins
  KEYS_MANAGEMENT_KEY  a management key of our format to use instead of creating one
  KEYS_ENCRYPTION_KEY  256 bits (hex or base64url) that encrypt the signing halves of pairs (default: the keychain's, else a 0600 file in the config directory)
${DATABASE_ENVIRONMENT}

Endpoints:
  GET /healthz         200 while the process runs; without a key, as the next two
  GET /readyz          200 where requests can be handled, 503 while the database does not respond
  GET /openapi.json    all endpoints
  GET /v1/authorize    for a reverse proxy: 204, 401 or 403 to the key of its caller's request;
                       ?scope=… and ?environment=… say what the key must have; X-Key-Id, X-Key-Scopes,
                       X-Key-Type, X-Key-Environment, X-Key-Service and X-Key-Owner say what it has,
                       percent-encoded (Jürgen: J%C3%BCrgen)
  GET /console         pages for browsers, who sign in with a management key
  GET /metrics         Prometheus text; with a key that has keys:read, or on --metrics-port

Examples:
  keys serve --port 8787
  keys serve --database postgres://keys@db.internal/keys
  keys serve --trust-proxy 127.0.0.1 ::1
  keys login --base-url http://127.0.0.1:8787 --profile team --with-token < management.key`;

export function serveCommand(context: Context) {
  const command = new Command('serve')
    .description(
      'Runs the key service over HTTP on this machine, over the same database that keys uses without a profile, or over PostgreSQL, which any number of servers may share. At its first start it creates a management key and writes it to management.key in the data directory.',
    )
    .option('--config <file>', 'YAML file of these options, such as "port: 8787"; options and variables win')
    .option('--port <number>', 'port to listen on; 0 takes a free one', '8787')
    .option('--host <address>', 'address to listen on, in full; only loopback unless said', '127.0.0.1')
    .option(
      '--listen <socket>',
      'unix:<path>: listen on a socket in the file system instead; --trust-proxy unix then trusts its callers',
    )
    .option(
      '--tls-cert <file>',
      'serve HTTPS with this certificate and its chain (PEM); SIGHUP reads it again',
    )
    .option('--tls-key <file>', 'its private key (PEM)')
    .addOption(dataDirOption())
    .addOption(databaseOption())
    .addOption(connectionsOption())
    .addOption(connectTimeoutOption())
    .addOption(statementTimeoutOption())
    .option(
      '--policy <system>',
      "the system whose rules are followed: keys, trust-swiftly, swiftsell, tylt or jahuty; kept in the database (default: the database's own, at first keys)",
    )
    .option(
      '--prefix <prefixes...>',
      "what new keys begin with instead of sk_live_ and sk_test_: acme_, or by environment live=acme_live_ test=acme_test_; of public keys public=acme_pub_; default for the policy's own; kept in the database (policy keys)",
    )
    .option('--hmac-key <files...>', 'keys of digests by HMAC that import-digests added')
    .option('--webhook-url <url>', 'where signed notices of what happens to pairs go (policy tylt)')
    .option(
      '--trust-proxy <ranges...>',
      'addresses (CIDR) of proxies whose X-Forwarded-For and original request are believed; without it, none',
    )
    .option(
      '--gateway-environment <name>',
      'let GET /v1/authorize accept keys of this environment only, such as live, whatever ?environment= says',
    )
    .addOption(retainEndedOption())
    .addOption(retainEventsOption())
    .addOption(logOption())
    .option('--no-console', 'serve no console: no pages for browsers at /console')
    .option(
      '--console-host <names...>',
      'host names under which browsers may open the console behind a proxy; localhost and IP addresses always work',
    )
    .option('--metrics-port <number>', 'port for GET /metrics without a key, on the same address')
    .addHelpText('after', SERVE_HELP)
    .action(async (flags, command) => {
      await fillInSettings(command, context);
      refuseContradictions(command, flags, context.env);
      await runService(flags, context);
    });
  for (const one of dataCommands(context)) command.addCommand(one);
  return command;
}

/** The commands that work on the service's database. */
function dataCommands(context: Context): CommandUnknownOpts[] {
  return [
    serveMigrateCommand(context),
    serveExportCommand(context),
    serveImportCommand(context),
    serveImportDigestsCommand(context),
    serveBackupCommand(context),
    serveRestoreCommand(context),
    serveRekeyCommand(context),
    serveRecoverCommand(context),
  ];
}
