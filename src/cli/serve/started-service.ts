import { isLoopback } from '../../http/loopback.js';
import type { RunningService } from '../../service/http/serve-keys.js';
import type { Context } from '../context.js';
import type { ServeFlags } from './serve-options.js';

/**
 * Says what is to be known of a service that has started: where its key and its pages are, and what is not
 * safe.
 */
export async function describeService(
  running: RunningService,
  { console: hasConsole }: Pick<ServeFlags, 'console'>,
  hasTls: boolean,
  output: Context['output'],
): Promise<void> {
  const { showFirstKeys } = await import('../../connect/embedded-folder.js');
  if (running.managementKeyPath) output.say(`the management key is in ${running.managementKeyPath}`);
  showFirstKeys(output, running.firstKeys);
  if (!running.manageable) {
    output.say('warning: no management key works: each one is revoked, expired or paused');
    output.hint('keys serve recover, with the same --data-dir or --database, creates one');
  }
  if (running.unusable.length > 0) {
    const { namedKeys } = await import('../../service/named-keys.js');
    output.say(
      `warning: these imported keys cannot be used without their HMAC key (--hmac-key): ${namedKeys(running.unusable)}`,
    );
  }
  if (running.metricsUrl) output.say(`metrics are at ${running.metricsUrl}`);
  const onNetwork = !running.url.startsWith('unix:');
  if (onNetwork && !hasTls && !isLoopback(new URL(running.url).hostname)) {
    output.say(
      'warning: plain HTTP beyond this machine: name --tls-cert and --tls-key, or let only a proxy with TLS connect',
    );
  }
  if (hasConsole && onNetwork) output.say(`the console for browsers is at ${running.url}/console`);
}

/** Reads the certificate again and says so. If it cannot be read, the previous one stays in use. */
export function reloadTls(running: RunningService, output: Context['output']): void {
  try {
    running.reloadTls();
    output.say('read the certificate again');
  } catch (error) {
    output.say(`warning: the certificate stays: ${error instanceof Error ? error.message : String(error)}`);
  }
}
