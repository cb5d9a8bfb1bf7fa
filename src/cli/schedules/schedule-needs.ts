import { extname, relative } from 'node:path';
import { addressVariable, credentialVariable } from '../../connect/account-variables.js';
import { normalizeBaseUrl } from '../../connect/base-url.js';
import { isManagedByHand } from '../../domain/provider.js';
import { isLoopback } from '../../http/loopback.js';
import type { FileAccount, KeysFile } from '../../lifecycle/as-code/keys-file.js';
import { placePrograms } from '../../places/place-login.js';
import { parsePlace } from '../../places/registry.js';
import { loadProvider } from '../../providers/registry.js';
import type { Context } from '../context.js';
import type { Scheduler } from './schedule-text.js';
import type { OwnModule } from './scheduled.js';

/** What the credentials of a job must be able to do, one sentence or two for each variable. */
export async function credentialNotes(
  { keys }: KeysFile,
  accounts: readonly FileAccount[],
  context: Context,
): Promise<string[]> {
  const ofAccounts = await Promise.all(accounts.map((account) => accountNote(account, context)));
  const places = keys.flatMap((key) => (key.places === 'unknown' ? [] : key.places.map(({ text }) => text)));
  const github = await githubNote(
    places.filter((text) => text.startsWith('github:')),
    context,
  );
  return [...ofAccounts, ...github];
}

async function accountNote(account: FileAccount, context: Context): Promise<string> {
  const { name } = account;
  const provider = await loadProvider(account.provider, context);
  if (provider.id === 'keys')
    return `${credentialVariable(name)} is the management key of ${name}: at its key service, keys create NAME --scope keys:read --scope keys:write creates one.`;
  const known =
    provider.credentialNeeds !== null
      ? `${provider.title}: ${provider.credentialNeeds}`
      : `What it must be: keys provider show ${provider.id}, and ${provider.documentation}`;
  return `${credentialVariable(name)} is the credential that manages the keys of ${name}. ${known}`;
}

/** What `gh` needs to set the secrets of these places. None without such a place. */
async function githubNote(texts: readonly string[], context: Context): Promise<string[]> {
  const here = { env: context.env, directory: context.process.directory };
  const found = { repositories: new Set<string>(), environments: false, organizations: new Set<string>() };
  for (const text of texts) {
    const { owner = '', repository, environment } = (await parsePlace(text, here, context)).target;
    if (repository === undefined) found.organizations.add(owner);
    else found.repositories.add(`${owner}/${repository}`);
    if (environment !== undefined) found.environments = true;
  }
  const needs = [
    ...(found.repositories.size === 0
      ? []
      : [
          `the permission "Secrets: read and write"${found.environments ? ' and "Environments: read and write"' : ''} for ${[...found.repositories].join(', ')}`,
        ]),
    ...(found.organizations.size === 0
      ? []
      : [`the organization permission "Secrets: read and write" for ${[...found.organizations].join(', ')}`]),
  ];
  if (needs.length === 0) return [];
  return [
    `GH_TOKEN is a fine-grained token with ${needs.join(', and with ')}. The token that a job gets by itself may not set secrets.`,
  ];
}

/**
 * The files of the user's own that define providers and kinds of places of a file, as a job elsewhere adds
 * them, and warnings of those that are outside of this folder.
 */
export function ownModules(
  { accounts, keys }: KeysFile,
  { settings, process: { directory } }: Context,
): { readonly own: readonly OwnModule[]; readonly warnings: readonly string[] } {
  const texts = keys.flatMap(({ places }) => (places === 'unknown' ? [] : places.map(({ text }) => text)));
  const used = [
    ['keys provider add', settings().providers(), accounts.map(({ provider }) => provider)],
    ['keys places kinds add', settings().placeKinds(), texts.map((text) => text.split(':')[0] ?? '')],
  ] as const;
  const found = used.flatMap(([command, files, ids]) =>
    [...new Set(ids)].flatMap((id) => {
      const path = Object.hasOwn(files, id) ? files[id] : undefined;
      if (path === undefined) return [];
      const within = relative(directory, path).replaceAll('\\', '/');
      return [
        { command, path: within.startsWith('../') ? path : `./${within}`, name: `${id}${extname(path)}` },
      ];
    }),
  );
  return {
    own: found,
    warnings: found
      .filter(({ path }) => !path.startsWith('./'))
      .map(({ command, path }) => `the job adds ${path}, which is outside of this folder (${command})`),
  };
}

/** Programs that the machines of a scheduler have: GitHub's, and those of the image that the job names. */
const INSTALLED: Readonly<Record<string, readonly string[]>> = { github: ['gh', 'kubectl', 'aws'] };

/** Kinds of places that are gone with the machine of a job. */
const GONE: ReadonlySet<string> = new Set(['file', 'keychain', 'profile', 'clipboard']);

/**
 * What the places of a file need of a job whose machine is another one at each run: notes for the job, and
 * warnings of places that do not outlive it.
 */
export async function placeNotes(
  { keys }: KeysFile,
  scheduler: string,
  context: Context & { readonly folder: string },
): Promise<{ readonly notes: readonly string[]; readonly warnings: readonly string[] }> {
  const here = { env: context.env, directory: context.folder };
  const texts = keys.flatMap(({ places }) => (places === 'unknown' ? [] : places.map(({ text }) => text)));
  const places = await Promise.all(
    texts.map(async (text) => ({ text, ...(await parsePlace(text, here, context)) })),
  );
  const contexts = places.flatMap(({ kind, target }) => (kind === 'k8s' ? (target['context'] ?? []) : []));
  const missing = placePrograms(places.map(({ kind }) => kind)).filter(
    (program) => INSTALLED[scheduler]?.includes(program) !== true,
  );
  const gone = places.filter(({ kind }) => GONE.has(kind)).map(({ text }) => text);
  return {
    notes: [
      ...(missing.length === 0 ? [] : [`Install in the job: ${missing.join(', ')}.`]),
      ...(contexts.length === 0
        ? []
        : [
            `kubectl needs a kubeconfig with ${[...new Set(contexts)].join(', ')}: write it in a step before, and name its file in KUBECONFIG.`,
          ]),
    ],
    warnings:
      gone.length === 0
        ? []
        : [
            `the machine of a job of ${scheduler} is gone after each run, and what was delivered there with it: ${gone.join(', ')}`,
          ],
  };
}

/** The accounts that need a credential. The embedded service and dashboards need none. */
export async function managedAccounts({ accounts }: KeysFile, context: Context): Promise<FileAccount[]> {
  const needed: FileAccount[] = [];
  for (const account of accounts) if (await needsCredential(account, context)) needed.push(account);
  return needed;
}

/** Warns of an address that only this machine can reach. */
export function warnOfLoopback({ accounts }: KeysFile, scheduler: Scheduler, { output }: Context): void {
  for (const { name, baseUrl } of accounts) {
    if (baseUrl === null || !isLoopback(new URL(normalizeBaseUrl(baseUrl)).hostname)) continue;
    output.warn(`a job of ${scheduler} cannot reach ${name} at ${baseUrl}: the address is of this machine`);
  }
}

/** The embedded service has its keys in the data directory. */
export function isEmbedded({ provider, baseUrl }: FileAccount): boolean {
  return provider === 'keys' && baseUrl === null;
}

async function needsCredential(account: FileAccount, context: Context): Promise<boolean> {
  if (isEmbedded(account)) return false;
  const { provider, baseUrl } = account;
  if (provider === 'keys') return true;
  return !isManagedByHand(await loadProvider(provider, context), baseUrl);
}

/** The addresses that the file names: a credential goes nowhere else. */
export function addresses({ accounts }: KeysFile): Record<string, string> {
  return Object.fromEntries(
    accounts.flatMap(({ name, baseUrl }) =>
      baseUrl === null ? [] : [[addressVariable(name), normalizeBaseUrl(baseUrl)] as const],
    ),
  );
}

/** What stands before the colon in each place that the file names. */
export function placeKinds({ keys }: KeysFile): string[] {
  return keys.flatMap(({ places }) =>
    places === 'unknown' ? [] : places.map(({ text }) => text.split(':')[0] ?? ''),
  );
}
