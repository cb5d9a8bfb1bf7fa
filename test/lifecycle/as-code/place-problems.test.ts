import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { placeProblems } from '../../../src/lifecycle/as-code/place-problems.js';
import { parsePlace } from '../../../src/places/registry.js';
import { loadProvider } from '../../../src/providers/registry.js';
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
  writeFileSync(join(folder, 'used.env'), 'WEB=a-value-of-somebody\n');
  const good = await planned(`${folder}/good.env#WEB`);
  const taken = await planned(`${folder}/taken#WEB`);
  const gone = await planned('exec:no-such-program-here --stdin');
  const used = await planned(`${folder}/used.env#WEB`);
  const ops = await planned('profile:ops');
  const elsewhere = await planned(`${folder}/taken#OTHER`, { on: 'anna@laptop' });
  const places = [
    good,
    taken,
    gone,
    used,
    ops,
    elsewhere,
    await planned('keychain', { target: { item: 'fake' } }),
  ];
  const doing = { type: 'create' } as const;
  const receiver = { managed: null, name: 'web', connection: { provider: await loadProvider('resend') } };
  for (const kind of ['create', 'roll', 'deliver'] as const) {
    expect(await placeProblems([{ kind, doing }], places, receiver, context)).toEqual([
      expect.stringContaining(`${taken.place.label} cannot get a secret now: `),
      expect.stringContaining(`${gone.place.label} cannot get a secret now: no such command`),
      expect.stringMatching(
        /used.env#WEB cannot get a secret now: .* holds a value that keys did not write \(to: '[^']+#\w+' is .*--replace/,
      ),
      'profile:ops cannot get a secret now: no such profile: ops',
    ]);
  }
  const others = (['forget', 'revoke'] as const).map((kind) => ({ kind, doing }));
  expect(await placeProblems(others, places, receiver, context)).toEqual([]);
  expect(await placeProblems([{ kind: 'roll', doing }], 'unknown', receiver, context)).toEqual([]);
  // Another machine must do it.
  const nothing = { type: 'nothing' } as const;
  expect(await placeProblems([{ kind: 'roll', doing: nothing }], places, receiver, context)).toEqual([]);
});
