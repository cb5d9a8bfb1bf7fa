import { createHash } from 'node:crypto';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest on a quiet machine, the longest first. */
const LONGEST = [
  'test/faults/kill.test.ts',
  'test/docs/in-order.test.ts',
  'test/faults/vendor-kinds.test.ts',
  'test/service/console/console-in-browser.test.ts',
  'test/packaging/package.test.ts',
  'test/service/many-servers.test.ts',
  'test/shells/completions.test.ts',
  'test/places/aws.test.ts',
  'test/terminal/surroundings.test.ts',
  'test/faults/network.test.ts',
  'test/docs/examples.test.ts',
  'test/providers/vendors.test.ts',
  'test/service/postgres.contract.test.ts',
  'test/terminal/pty.test.ts',
  'test/service/key-transfer.test.ts',
  'test/walks/walks.test.ts',
  'test/packaging/first-start.test.ts',
  'test/cli/serve-database.test.ts',
  'test/storage/tool-credential.test.ts',
  'test/storage/keychain-child.test.ts',
];

/**
 * Starts the longest files first: one that begins last would leave the other cores idle. Keeps Vitest's order
 * for the rest. With `--sequence.shuffle`, the order is the one that `--sequence.seed` decides.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { shuffle, seed } = this.ctx.config.sequence;
    if (shuffle) return shuffled(files, seed);
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

function shuffled(files: readonly TestSpecification[], seed: number): TestSpecification[] {
  const place = ({ moduleId }: TestSpecification) =>
    createHash('sha256').update(`${seed} ${moduleId}`).digest('hex');
  return [...files].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}
