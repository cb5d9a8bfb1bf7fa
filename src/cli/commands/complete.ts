import { Argument, Command } from '@commander-js/extra-typings';
import { SETTINGS } from '../../storage/settings.js';
import { keyColumns } from '../../terminal/key-columns.js';
import type { Context } from '../context.js';

/** A word that a shell offers, and what it shows beside it. */
interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** Nothing here goes to a network, and nothing is made on the disk but the cache of names. */
const SOURCES = {
  keys: async (context) => {
    const { keyNames } = await import('../../connect/key-names.js');
    return (await keyNames(context)).map((word) => ({ word }));
  },
  'saved-keys': async (context) => {
    const { savedKeys } = await import('../../lifecycle/find/read-existing-ledger.js');
    return (await savedKeys(context)).map(({ name, account }) => ({ word: name, about: account.provider }));
  },
  profiles: async (context) =>
    context
      .settings()
      .profiles()
      .map(({ name, base_url, policy, provider }) => ({
        word: name,
        about: base_url ?? policy ?? provider ?? 'embedded',
      })),
  providers: async (context) => {
    const { providerTitles } = await import('../../providers/registry.js');
    return (await providerTitles(context)).map(({ id, title }) => ({ word: id, about: title }));
  },
  'own-providers': async (context) =>
    Object.entries(context.settings().providers()).map(([word, about]) => ({ word, about })),
  operations: async (context) => {
    const { unfinishedOperations } = await import('../../lifecycle/find/read-existing-ledger.js');
    return (await unfinishedOperations(context)).map(({ id, kind }) => ({ word: id, about: kind }));
  },
  settings: async () => Object.entries(SETTINGS).map(([word, { about }]) => ({ word, about })),
  columns: async ({ clock }) => [...keyColumns(clock.now()).keys()].map((word) => ({ word })),
} satisfies Record<string, (context: Context) => Promise<readonly Candidate[]>>;

type Asked = keyof typeof SOURCES;

/**
 * Hidden: what the completion scripts call for what only the machine knows: one a line, what it is about
 * after a tab.
 */
export function completeCommand(context: Context) {
  return new Command('__complete')
    .description('Prints candidates for a completion script, one a line.')
    .addArgument(new Argument('<what>', 'what to complete').choices(Object.keys(SOURCES) as Asked[]))
    .action((what) => complete(what, context));
}

async function complete(what: Asked, context: Context): Promise<void> {
  const candidates: readonly Candidate[] = await SOURCES[what](context);
  const lines = candidates
    .filter(({ word }) => word !== '' && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(word))
    .map(({ word, about }) => (about === undefined ? `${word}\n` : `${word}\t${oneLine(about)}\n`));
  if (lines.length > 0) await context.output.print(lines.join(''));
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ');
}
