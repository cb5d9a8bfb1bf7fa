import { KeysError } from '../domain/errors.js';
import type { ProviderDefinition } from './define-provider.js';

/** Every provider that comes with the program, each loaded when it is asked for. */
const PROVIDERS: Readonly<Record<string, () => Promise<ProviderDefinition>>> = {
  keys: async () => (await import('./vendors/keys.js')).keys,
  'trust-swiftly': async () => (await import('./vendors/trust-swiftly.js')).trustSwiftly,
  swiftsell: async () => (await import('./vendors/swiftsell.js')).swiftsell,
  tylt: async () => (await import('./vendors/tylt.js')).tylt,
  jahuty: async () => (await import('./vendors/jahuty.js')).jahuty,
  algolia: async () => (await import('./vendors/algolia.js')).algolia,
  axiom: async () => (await import('./vendors/axiom.js')).axiom,
  clerk: async () => (await import('./vendors/clerk.js')).clerk,
  cloudflare: async () => (await import('./vendors/cloudflare.js')).cloudflare,
  confluent: async () => (await import('./vendors/confluent.js')).confluent,
  datadog: async () => (await import('./vendors/datadog.js')).datadog,
  digitalocean: async () => (await import('./vendors/digitalocean.js')).digitalocean,
  langfuse: async () => (await import('./vendors/langfuse.js')).langfuse,
  launchdarkly: async () => (await import('./vendors/launchdarkly.js')).launchdarkly,
  mailgun: async () => (await import('./vendors/mailgun.js')).mailgun,
  meilisearch: async () => (await import('./vendors/meilisearch.js')).meilisearch,
  neon: async () => (await import('./vendors/neon.js')).neon,
  openai: async () => (await import('./vendors/openai.js')).openai,
  openrouter: async () => (await import('./vendors/openrouter.js')).openrouter,
  pinecone: async () => (await import('./vendors/pinecone.js')).pinecone,
  planetscale: async () => (await import('./vendors/planetscale.js')).planetscale,
  resend: async () => (await import('./vendors/resend.js')).resend,
  sendgrid: async () => (await import('./vendors/sendgrid.js')).sendgrid,
  supabase: async () => (await import('./vendors/supabase.js')).supabase,
  twilio: async () => (await import('./vendors/twilio.js')).twilio,
  typesense: async () => (await import('./vendors/typesense.js')).typesense,
  unkey: async () => (await import('./vendors/unkey.js')).unkey,
  workos: async () => (await import('./vendors/workos.js')).workos,
};

export const PROVIDER_IDS: readonly string[] = Object.keys(PROVIDERS);

/** Providers of the user's own: the file that defines each, by id, and how such a file is loaded. */
export interface OwnProviders {
  readonly paths: Readonly<Record<string, string>>;
  readonly load: (path: string) => Promise<ProviderDefinition>;
}

const NONE: OwnProviders = {
  paths: {},
  load: () => Promise.reject(new TypeError("there is no provider of the user's own")),
};

/** Throws `not_found` with the providers that there are. */
export async function loadProvider(id: string, own = NONE): Promise<ProviderDefinition> {
  const load = Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id] : undefined;
  if (load !== undefined) return await load();
  const path = Object.hasOwn(own.paths, id) ? own.paths[id] : undefined;
  if (path !== undefined) return await own.load(path);
  const known = [...PROVIDER_IDS, ...Object.keys(own.paths)];
  throw new KeysError('not_found', `no such provider: ${id}`, {
    hint: `one of ${known.join(', ')}`,
    details: { providers: known },
  });
}

/** One of the user's own that cannot be loaded is told and left out: what it lacks concerns no other. */
export async function loadAllProviders(
  own = NONE,
  onBroken: (error: unknown) => void = () => undefined,
): Promise<ProviderDefinition[]> {
  const ids = [...PROVIDER_IDS, ...Object.keys(own.paths)];
  const loaded = await Promise.allSettled(ids.map((id) => loadProvider(id, own)));
  return loaded.flatMap((result) => {
    if (result.status === 'fulfilled') return [result.value];
    onBroken(result.reason);
    return [];
  });
}
