import { compact } from '../../domain/compact.js';
import { auditForConsole } from '../console/console-audit.js';
import type { Context } from '../context.js';
import { operationsHere } from '../operations-here.js';
import { readHmacKeys } from './hmac-keys.js';
import { readConsoleHosts, readServeOptions, type ServeFlags } from './serve-options.js';
import { createServiceManager, isSupervised } from './service-manager.js';
import { describeService, reloadTls } from './started-service.js';

/** Serves keys until a signal or the service manager ends it. Errors: see `serveKeys`. */
export async function runService(flags: ServeFlags, context: Context): Promise<void> {
  const [{ embeddedFolder }, { resolveTarget }] = await Promise.all([
    import('../../connect/embedded-folder.js'),
    import('../../connect/resolve-target.js'),
  ]);
  const [{ serveKeys }, { gatherLines }, { createEncryptionKeySource }] = await Promise.all([
    import('../../service/http/serve-keys.js'),
    import('../../service/http/log-lines.js'),
    import('../../storage/keychain/encryption-key.js'),
  ]);
  const { clock, output } = context;
  const options = readServeOptions(flags, context);
  const log = gatherLines(context.process.log);
  let reload = () => undefined as unknown;
  // Without a file to read again, a closed terminal ends the service. Under systemd there is none: SIGHUP is
  // a reload.
  const reloads = options.tls !== undefined || isSupervised(context.env);
  const interrupted = context.process.interruption(reloads ? () => reload() : undefined);
  const target = resolveTarget(context);
  const running = await serveKeys({
    ...options,
    hmacKeys: await readHmacKeys(flags.hmacKey ?? [], context),
    ...compact({ policy: flags.policy ?? (target.baseUrl === null ? target.policy : undefined) }),
    dataDir: options.dataDir ?? embeddedFolder(context.directories().data, target),
    clock,
    version: context.process.version,
    // Beside the package's entry, wherever the bundler puts this file.
    writerThread: new URL('../sqlite/sqlite-writer-thread.cjs', context.process.library),
    encryptionKey: createEncryptionKeySource(context),
    ...(flags.console
      ? {
          console: {
            hosts: readConsoleHosts(flags.consoleHost ?? []),
            audit: auditForConsole(clock, {
              pause: () => context.sleep(0),
              operations: () => operationsHere(context),
            }),
            sleep: context.sleep,
          },
        }
      : {}),
    log: log.write,
  });
  const systemd = createServiceManager(context);
  const status = `listening on ${running.url}`;
  reload = async () => {
    await systemd.reloading();
    if (options.tls !== undefined) reloadTls(running, output);
    await systemd.ready(status);
  };
  await describeService(running, flags, options.tls !== undefined, output);
  output.say(status);
  await systemd.ready(status);
  await new Promise<void>((resolve) =>
    interrupted.addEventListener('abort', () => resolve(), { once: true }),
  );
  await systemd.stopping();
  await running.close();
  log.flush();
}
