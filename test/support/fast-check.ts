import { randomInt } from 'node:crypto';
import fc from 'fast-check';

const asked = process.env['KEYS_FUZZ_SEED'] ?? '1';

// `npm test` draws the same values in every run: what fails there is the change's fault. `npm run fuzz` draws
// new ones, and a failure names their seed.
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: asked === 'random' ? randomInt(2 ** 31) : Number(asked),
});

export { fc };
