import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest on a quiet machine, the longest first. */
const LONGEST = [
  'test/faults/kill.test.ts',
  'test/faults/vendor-kinds.test.ts',
  'test/docs/in-order.test.ts',
  'test/packaging/package.test.ts',
  'test/shells/completions.test.ts',
  'test/faults/network.test.ts',
  'test/service/key-transfer.test.ts',
  'test/service/postgres.contract.test.ts',
  'test/places/aws.test.ts',
  'test/service/many-servers.test.ts',
  'test/providers/echo.test.ts',
  'test/terminal/surroundings.test.ts',
  'test/providers/vendors.test.ts',
];

/** Starts the longest files first: one that begins last would leave the other cores idle. Keeps Vitest's order for the rest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((path) => moduleId.endsWith(path));
      return at === -1 ? LONGEST.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
