import { Command } from '@commander-js/extra-typings';
import type { Deps } from '../deps.js';
import { findKey } from './find-key.js';
import { keyFields } from './key-columns.js';

export function showCommand(deps: Deps) {
  return new Command('show')
    .description("Shows one key's record. The secret is not in it: it was shown once, when the key was made.")
    .argument('<key>', 'id, exact name, or unique prefix of either')
    .addHelpText('after', '\nExamples:\n  keys show web\n  keys show key_8fK2 --json')
    .action((reference) => show(reference, deps));
}

async function show(reference: string, deps: Pick<Deps, 'clock' | 'connect' | 'output'>): Promise<void> {
  const { service } = await deps.connect();
  const key = await findKey(service, reference);
  const output = deps.output();
  await output.record(key, keyFields(key, deps.clock.now(), output.human));
}
