/**
 * Vendors and their key APIs: the definition language, the engine that runs a definition, and one file for
 * each vendor, loaded by its id only. The room `connect` imports the registry, the engine and the live check;
 * the command line also imports the contract, the drafts of new providers, and requests with a key.
 */

import { KeysError } from '../domain/errors.js';
import { nearest } from '../domain/nearest.js';
import type { ProviderDefinition } from './define-provider.js';

/** Every provider that comes with the program, each loaded when it is asked for. */
const PROVIDERS: Readonly<Record<string, () => Promise<ProviderDefinition>>> = {
  keys: async () => (await import('./vendors/keys.js')).keys,
  'trust-swiftly': async () => (await import('./vendors/trust-swiftly.js')).trustSwiftly,
  swiftsell: async () => (await import('./vendors/swiftsell.js')).swiftsell,
  tylt: async () => (await import('./vendors/tylt.js')).tylt,
  jahuty: async () => (await import('./vendors/jahuty.js')).jahuty,
  algolia: async () => (await import('./vendors/algolia.js')).algolia,
  anthropic: async () => (await import('./vendors/anthropic.js')).anthropic,
  aws: async () => (await import('./vendors/aws.js')).aws,
  axiom: async () => (await import('./vendors/axiom.js')).axiom,
  clerk: async () => (await import('./vendors/clerk.js')).clerk,
  cloudflare: async () => (await import('./vendors/cloudflare.js')).cloudflare,
  confluent: async () => (await import('./vendors/confluent.js')).confluent,
  datadog: async () => (await import('./vendors/datadog.js')).datadog,
  'datadog-application': async () => (await import('./vendors/datadog-application.js')).datadogApplication,
  digitalocean: async () => (await import('./vendors/digitalocean.js')).digitalocean,
  'docker-hub': async () => (await import('./vendors/docker-hub.js')).dockerHub,
  gitlab: async () => (await import('./vendors/gitlab.js')).gitlab,
  grafana: async () => (await import('./vendors/grafana.js')).grafana,
  'grafana-cloud': async () => (await import('./vendors/grafana-cloud.js')).grafanaCloud,
  langfuse: async () => (await import('./vendors/langfuse.js')).langfuse,
  launchdarkly: async () => (await import('./vendors/launchdarkly.js')).launchdarkly,
  mailgun: async () => (await import('./vendors/mailgun.js')).mailgun,
  meilisearch: async () => (await import('./vendors/meilisearch.js')).meilisearch,
  neon: async () => (await import('./vendors/neon.js')).neon,
  npm: async () => (await import('./vendors/npm.js')).npm,
  openai: async () => (await import('./vendors/openai.js')).openai,
  'openai-project': async () => (await import('./vendors/openai-project.js')).openaiProject,
  openrouter: async () => (await import('./vendors/openrouter.js')).openrouter,
  pinecone: async () => (await import('./vendors/pinecone.js')).pinecone,
  planetscale: async () => (await import('./vendors/planetscale.js')).planetscale,
  resend: async () => (await import('./vendors/resend.js')).resend,
  sendgrid: async () => (await import('./vendors/sendgrid.js')).sendgrid,
  supabase: async () => (await import('./vendors/supabase.js')).supabase,
  terraform: async () => (await import('./vendors/terraform.js')).terraform,
  twilio: async () => (await import('./vendors/twilio.js')).twilio,
  'twilio-restricted': async () => (await import('./vendors/twilio-restricted.js')).twilioRestricted,
  typesense: async () => (await import('./vendors/typesense.js')).typesense,
  unkey: async () => (await import('./vendors/unkey.js')).unkey,
  vercel: async () => (await import('./vendors/vercel.js')).vercel,
  workos: async () => (await import('./vendors/workos.js')).workos,
};

export const PROVIDER_IDS: readonly string[] = Object.keys(PROVIDERS);

/** What providers of the user's own need of a call. */
export interface OwnProviders {
  /** `providers()`: the file that defines each, by id. */
  settings(): { providers(): Readonly<Record<string, string>> };
  readonly process: {
    /** URL of this package's public entry, for the files that define them. */
    readonly library: string;
    /** Node's name for the platform. */
    readonly platform: string;
  };
}

/**
 * Returns a provider that comes with the program, or with `own` one of the user's. Throws `not_found`, with
 * the ids of all providers.
 */
export async function loadProvider(id: string, own?: OwnProviders): Promise<ProviderDefinition> {
  const load = Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id] : undefined;
  if (load !== undefined) return await load();
  const paths = own?.settings().providers() ?? {};
  const path = Object.hasOwn(paths, id) ? paths[id] : undefined;
  if (own !== undefined && path !== undefined) return await loadOwnProvider(path, own);
  const known = [...PROVIDER_IDS, ...Object.keys(paths)];
  const near = nearest(id, known);
  throw new KeysError('not_found', `no such provider: ${id}`, {
    ...(near === null ? {} : { hint: `did you mean ${near}?` }),
    next: 'list_providers',
    details: { providers: known, named: id },
  });
}

/** Returns the provider that a file of the user's own defines. Throws `usage`: see `loadProviderFile`. */
export async function loadOwnProvider(
  path: string,
  { process: { library, platform } }: Pick<OwnProviders, 'process'>,
): Promise<ProviderDefinition> {
  const { loadProviderFile } = await import('./own-provider.js');
  return await loadProviderFile(path, { library, platform, taken: PROVIDER_IDS });
}

/**
 * Returns every provider. A broken file of the user's own is left out with a warning: the other providers
 * still work.
 */
export async function loadAllProviders(
  own?: OwnProviders & { readonly output: { warn(message: string): void } },
): Promise<ProviderDefinition[]> {
  const ids = [...PROVIDER_IDS, ...Object.keys(own?.settings().providers() ?? {})];
  const loaded = await Promise.allSettled(ids.map((id) => loadProvider(id, own)));
  return loaded.flatMap((result) => {
    if (result.status === 'fulfilled') return [result.value];
    own?.output.warn(result.reason instanceof Error ? result.reason.message : String(result.reason));
    return [];
  });
}

/** Id and title of every provider. Runs no file of the user's own: there the id is the title. */
export async function providerTitles({
  settings,
}: Pick<OwnProviders, 'settings'>): Promise<ReadonlyArray<{ readonly id: string; readonly title: string }>> {
  const own = Object.keys(settings().providers()).map((id) => ({ id, title: id }));
  return [...(await loadAllProviders()).map(({ id, title }) => ({ id, title })), ...own];
}
