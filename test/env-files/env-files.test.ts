import { expect, it } from 'vitest';
import { setVariable } from '../../src/places/env-file-text.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { MISSING, READERS } from './readers.js';
import { checkBatch, checkOldFiles } from './values.js';

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
  60_000 + VALUES * 4,
);

it(
  'sets a variable in any old file, and changes no other for any reader',
  () => {
    const folder = temporaryFolder();
    const files = VALUES / 10;
    let count = 0;
    for (let seed = 1; count < files; seed++)
      count += checkOldFiles(seed, Math.min(files - count, 1_000), folder);
    console.log(`${count} old files read alike before and after by Node, dotenv, sh and bash`);
  },
  60_000 + VALUES * 4,
);

it.each(['\u00a0V=old', 'A=1\n\fV=old', 'A=1\n \u2028export V=old', 'A=1\rV=old'])(
  'refuses %j, of which one reader would keep the old value',
  (text) => {
    expect(() => setVariable(text, 'V', 'new')).toThrow(/differ about V/);
    expect(setVariable(text, 'W', 'new')).toContain('W=new');
  },
);
