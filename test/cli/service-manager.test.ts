import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createServiceManager } from '../../src/cli/serve/service-manager.js';
import type { Output } from '../../src/terminal/output.js';
import { temporaryFolder } from '../support/temporary-folder.js';

it('warns of a notice that does not end, and goes on', async () => {
  const folder = temporaryFolder();
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, '#!/bin/sh\nexec sleep 3600\n');
  chmodSync(program, 0o755);
  const said: string[] = [];
  const output = { say: (text: string) => said.push(text) } as Pick<Output, 'say'> as Output;
  const env = { PATH: `${folder}:${process.env['PATH']}`, NOTIFY_SOCKET: join(folder, 'notify') };
  const every = () => () => undefined;
  const systemd = createServiceManager({ env, every, output, process: { pid: process.pid } }, 300);
  await systemd.ready('listening');
  await systemd.stopping();
  const warning = 'warning: systemd was not notified: systemd-notify ended with SIGKILL';
  expect(said).toEqual([warning, warning]);
});
