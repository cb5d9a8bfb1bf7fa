import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.js';
import { MISSING, READERS } from './readers.js';
import { checkBatch } from './values.js';

/** `npm run test:env-files` sets a million. */
const VALUES = Number(process.env['KEYS_ENV_FILE_VALUES'] ?? 2_000);
const BATCH = Math.min(VALUES, 5_000);

it(
  'reads every value alike with every reader, and runs nothing',
  () => {
    const folder = temporaryFolder();
    let written = 0;
    let refused = 0;
    for (let seed = 1; written + refused < VALUES; seed++) {
      const count = checkBatch(seed, BATCH, folder);
      written += count.written;
      refused += count.refused;
    }
    const missing = MISSING.length === 0 ? '' : `; NOT TRIED, not installed: ${MISSING.join(', ')}`;
    console.log(
      `${written} values read alike by ${READERS.map(({ name }) => name).join(', ')}; ${refused} refused${missing}`,
    );
    expect(written).toBeGreaterThan(VALUES / 2);
    expect(refused).toBeGreaterThan(VALUES / 20);
  },
  60_000 + VALUES,
);
