import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/http/wire/routes.js';
import { createMetrics } from '../../src/service/http/metrics.js';
import { readGuide } from '../support/guides.js';
import { missing } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const page = readGuide('man/keys-service.7.md');

describe('keys-service(7)', () => {
  it.skipIf(missing('systemd-analyze'))('has a unit that systemd accepts', async () => {
    const unit = /\[Unit\][\s\S]*?multi-user\.target\n/.exec(page)?.[0] ?? '';
    const folder = join(temporaryFolder(), 'units');
    mkdirSync(folder);
    const file = join(folder, 'keys.service');
    writeFileSync(file, unit.replace('/usr/bin/keys', process.execPath));
    const { exitCode, stderr } = await execa('systemd-analyze', ['verify', '--man=no', file], {
      reject: false,
      env: { SYSTEMD_UNIT_PATH: `${folder}:` },
    });
    expect([exitCode, stderr.split('\n').filter((line) => line.includes('keys.service'))]).toEqual([0, []]);
  });

  it('names flags, endpoints and metrics that exist', async () => {
    const help = await Promise.all(
      ['serve', 'serve import-digests', 'serve rekey', 'create', 'update', 'revoke'].map((line) =>
        execa(process.execPath, ['--', 'bin/keys.js', ...line.split(' '), '--help']),
      ),
    );
    const options = help.map(({ stdout }) => stdout).join('\n');
    for (const [, flag] of page.matchAll(/[ `](--(?!dbname|file)[a-z]+(?:-[a-z]+)*)/g))
      expect(options).toContain(flag);
    const paths = Object.values(ROUTES).map(({ path }) => path as string);
    for (const [path] of page.matchAll(/(?<=GET |DELETE )\/v1\/[a-z{}/-]+/g)) expect(paths).toContain(path);
    const metrics = createMetrics().text();
    for (const [name] of page.matchAll(/keys_[a-z_]+_total/g)) expect(metrics).toContain(name);
  });
});
