import { defineConfig } from 'vitest/config';
import { LongestFirst } from './support/longest-first.js';
import { SkippedReporter } from './support/skipped-reporter.js';

const outputFile = process.env['VITEST_JSON'];
const json: Array<['json', { outputFile: string }]> = outputFile ? [['json', { outputFile }]] : [];

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/prepare.ts'],
    // Built modules: Node loads them by itself.
    server: { deps: { external: [/\/dist\//] } },
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // A busy machine may need long for what a quiet one does at once; what never comes is a failure all the
    // same.
    expect: { poll: { timeout: 60_000 } },
    // One more than the cores of CI: many tests wait for a program or a server.
    maxWorkers: 3,
    // Files share a worker: each new one costs a second of processor time. No test changes what another could
    // see.
    isolate: false,
    env: { TZ: 'UTC' },
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new SkippedReporter(), ...json],
  },
});
