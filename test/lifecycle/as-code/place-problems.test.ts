import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { placeProblems } from '../../../src/lifecycle/as-code/place-problems.js';
import { parsePlace } from '../../../src/places/registry.js';
import { realContext } from '../../support/real-context.js';
import { settableClock } from '../../support/settable-clock.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function planned(text: string, more = {}) {
  const spec = { ...(await parsePlace(text, { directory: '/', env: {} })), ...more };
  return { place: { id: spec.address, label: spec.address, spec: { ...spec } }, remembered: true };
}

it('says which places could not get a secret, where one is to be delivered', async () => {
  const folder = temporaryFolder();
  const { context } = await realContext(settableClock());
  mkdirSync(join(folder, 'taken'));
  const good = await planned(`${folder}/good.env#WEB`);
  const taken = await planned(`${folder}/taken#WEB`);
  const gone = await planned('exec:no-such-program-here --stdin');
  const elsewhere = await planned(`${folder}/taken#OTHER`, { on: 'anna@laptop' });
  const places = [good, taken, gone, elsewhere, await planned('keychain', { target: { item: 'fake' } })];
  for (const kind of ['create', 'roll', 'deliver'] as const) {
    expect(await placeProblems([{ kind }], places, context)).toEqual([
      expect.stringContaining(`${taken.place.label} cannot get a secret now: `),
      expect.stringContaining(`${gone.place.label} cannot get a secret now: no such command`),
    ]);
  }
  expect(await placeProblems([{ kind: 'forget' }, { kind: 'revoke' }], places, context)).toEqual([]);
  expect(await placeProblems([{ kind: 'roll' }], 'unknown', context)).toEqual([]);
});
