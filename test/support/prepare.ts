import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Installs and builds what is older than its sources, before any test, however the tests are started. Else
 * `npm pack`, which a test runs, would do it in the middle, and take the installed packages away from the
 * tests beside it.
 */
export default function prepare(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, '../../.ci/prepare.mjs')], { stdio: 'inherit' });
}
