import { Argument, Command } from '@commander-js/extra-typings';
import { statusAt } from '../../domain/filter-keys.js';
import { SETTINGS } from '../../storage/settings.js';
import { keyColumns } from '../../terminal/key-columns.js';
import type { Deps } from '../context.js';

/** A word that a shell offers, and what it shows beside it. */
interface Candidate {
  readonly word: string;
  readonly about?: string;
}

type Sources = Pick<
  Deps,
  'clock' | 'existingLedger' | 'flags' | 'keyNames' | 'providerTitles' | 'settings' | 'target'
>;

/** Nothing here goes to a network, and nothing is made on the disk but the cache of names. */
const SOURCES = {
  keys: async (deps) => (await deps.keyNames()).map((word) => ({ word })),
  'saved-keys': savedKeys,
  profiles: async (deps) =>
    deps
      .settings()
      .profiles()
      .map(({ name, base_url, policy, provider }) => ({
        word: name,
        about: base_url ?? policy ?? provider ?? 'embedded',
      })),
  providers: async (deps) =>
    (await deps.providerTitles()).map(({ id, title }) => ({ word: id, about: title })),
  'own-providers': async (deps) =>
    Object.entries(deps.settings().providers()).map(([word, about]) => ({ word, about })),
  operations: async (deps) =>
    ((await (await deps.existingLedger())?.operations()) ?? []).map(({ operation }) => ({
      word: operation.id,
      about: operation.kind,
    })),
  settings: async () => Object.entries(SETTINGS).map(([word, { about }]) => ({ word, about })),
  columns: async ({ clock }) => [...keyColumns(clock.now()).keys()].map((word) => ({ word })),
} satisfies Record<string, (deps: Sources) => Promise<readonly Candidate[]>>;

type Asked = keyof typeof SOURCES;

/** Hidden: what the completion scripts call for what only the machine knows: one a line, what it is about after a tab. */
export function completeCommand(deps: Deps) {
  return new Command('__complete')
    .description('Prints candidates for a completion script, one a line.')
    .addArgument(new Argument('<what>', 'what to complete').choices(Object.keys(SOURCES) as Asked[]))
    .action((what) => complete(what, deps));
}

async function complete(what: Asked, deps: Sources & Pick<Deps, 'output'>): Promise<void> {
  const candidates: readonly Candidate[] = await SOURCES[what](deps);
  const lines = candidates
    .filter(({ word }) => word !== '' && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(word))
    .map(({ word, about }) => (about === undefined ? `${word}\n` : `${word}\t${oneLine(about)}\n`));
  if (lines.length > 0) await deps.output().print(lines.join(''));
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}

/** As a saved key is looked for: everywhere, unless a profile or a provider is named. */
async function savedKeys(deps: Sources): Promise<readonly Candidate[]> {
  const ledger = await deps.existingLedger();
  if (ledger === null) return [];
  const { profile, provider } = deps.flags();
  const narrowed = profile !== undefined || provider !== undefined;
  const entries = await ledger.keys(narrowed ? { provider: (await deps.target()).provider.id } : {});
  const live = entries.filter(
    ({ key, secret_item }) =>
      secret_item !== null && ['active', 'retiring'].includes(statusAt(key, deps.clock.now())),
  );
  return [...new Map(live.map((entry) => [entry.key.name, entry.provider]))].map(([word, about]) => ({
    word,
    about,
  }));
}
