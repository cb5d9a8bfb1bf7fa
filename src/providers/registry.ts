import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { KeysError } from '../domain/errors.js';
import {
  basic,
  bearer,
  defineProvider,
  headerAuth,
  operation,
  type ProviderDefinition,
  schemeAuth,
  segment,
  signedAuth,
} from './define-provider.js';

/** Every provider that comes with the program, each loaded when it is asked for. */
const PROVIDERS: Readonly<Record<string, () => Promise<ProviderDefinition>>> = {
  keys: async () => (await import('./keys.js')).keys,
  'trust-swiftly': async () => (await import('./trust-swiftly.js')).trustSwiftly,
  swiftsell: async () => (await import('./swiftsell.js')).swiftsell,
  tylt: async () => (await import('./tylt.js')).tylt,
  jahuty: async () => (await import('./jahuty.js')).jahuty,
  cloudflare: async () => (await import('./cloudflare.js')).cloudflare,
  digitalocean: async () => (await import('./digitalocean.js')).digitalocean,
  langfuse: async () => (await import('./langfuse.js')).langfuse,
  neon: async () => (await import('./neon.js')).neon,
  openai: async () => (await import('./openai.js')).openai,
  openrouter: async () => (await import('./openrouter.js')).openrouter,
  planetscale: async () => (await import('./planetscale.js')).planetscale,
  resend: async () => (await import('./resend.js')).resend,
  sendgrid: async () => (await import('./sendgrid.js')).sendgrid,
  clerk: async () => (await import('./clerk.js')).clerk,
  meilisearch: async () => (await import('./meilisearch.js')).meilisearch,
  twilio: async () => (await import('./twilio.js')).twilio,
  workos: async () => (await import('./workos.js')).workos,
};

/** Providers of the user's own: the file that defines each, by id. */
export type OwnProviders = Readonly<Record<string, string>>;

/** What a file of the user's own is handed, so that it needs to import nothing. */
const TOOLS = { defineProvider, operation, basic, bearer, headerAuth, schemeAuth, signedAuth, segment };

type Tools = typeof TOOLS & { readonly z: typeof z };

/** Throws `not_found` with the providers that there are. */
export async function loadProvider(id: string, own: OwnProviders): Promise<ProviderDefinition> {
  const load = Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id] : undefined;
  if (load !== undefined) return await load();
  const path = Object.hasOwn(own, id) ? own[id] : undefined;
  if (path !== undefined) return await loadProviderFile(path);
  const known = [...Object.keys(PROVIDERS), ...Object.keys(own)];
  throw new KeysError('not_found', `no such provider: ${id}`, {
    hint: `one of ${known.join(', ')}`,
    details: { providers: known },
  });
}

export async function loadAllProviders(own: OwnProviders): Promise<ProviderDefinition[]> {
  return await Promise.all(
    [...Object.keys(PROVIDERS), ...Object.keys(own)].map((id) => loadProvider(id, own)),
  );
}

/**
 * A provider from a module of the user's own: its default export is a function that is handed `defineProvider` and its
 * tools, and returns what it makes of them. Throws `usage` for a file that is no such module.
 */
export async function loadProviderFile(path: string): Promise<ProviderDefinition> {
  const wrong = (what: string, cause?: unknown) =>
    new KeysError('usage', `not a provider: ${path}: ${what}`, {
      hint: 'a module such as: export default ({ defineProvider, bearer }) => defineProvider({ … })',
      cause,
    });
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as typeof module;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), error);
  }
  if (typeof module.default !== 'function') throw wrong('its default export is no function');
  const tools: Tools = { ...TOOLS, z: (await import('zod')).z };
  const made = (module.default as (tools: Tools) => unknown)(tools) as Partial<ProviderDefinition> | null;
  if (typeof made?.id !== 'string' || made.operations === undefined) throw wrong('it returns no definition');
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(made.id) || Object.hasOwn(PROVIDERS, made.id)) {
    throw wrong(`its id is taken, or no id: ${JSON.stringify(made.id)}`);
  }
  return made as ProviderDefinition;
}
