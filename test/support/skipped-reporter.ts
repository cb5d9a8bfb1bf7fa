import type { Reporter, TestModule, Vitest } from 'vitest/node';

/** Says at the end of a run, loudly, which tests were left out: a skipped test is not a passed one. */
export class SkippedReporter implements Reporter {
  private vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // With `-t NAME`, the others were not asked for.
    if (this.vitest?.config.testNamePattern !== undefined) return;
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map((test) => test.fullName),
    );
    if (skipped.length === 0) return;
    console.warn(`\nSKIPPED ${skipped.length}, for want of a program that is not installed here:`);
    for (const name of skipped) console.warn(`  SKIPPED ${name}`);
    console.warn(
      'On Debian, .ci/install-system-packages installs what they need (there is no PowerShell there).\n',
    );
  }
}
