import { KeysError } from '../domain/errors.js';
import type { ProviderDefinition } from './define-provider.js';

/** Every provider, each loaded when it is asked for. */
const PROVIDERS: Readonly<Record<string, () => Promise<ProviderDefinition>>> = {
  keys: async () => (await import('./keys.js')).keys,
  'trust-swiftly': async () => (await import('./trust-swiftly.js')).trustSwiftly,
  swiftsell: async () => (await import('./swiftsell.js')).swiftsell,
  tylt: async () => (await import('./tylt.js')).tylt,
  jahuty: async () => (await import('./jahuty.js')).jahuty,
};

/** Throws `not_found` with the providers that there are. */
export async function loadProvider(id: string): Promise<ProviderDefinition> {
  const load = Object.hasOwn(PROVIDERS, id) ? PROVIDERS[id] : undefined;
  if (load !== undefined) return await load();
  throw new KeysError('not_found', `no such provider: ${id}`, {
    hint: `one of ${Object.keys(PROVIDERS).join(', ')}`,
    details: { providers: Object.keys(PROVIDERS) },
  });
}

export async function loadAllProviders(): Promise<ProviderDefinition[]> {
  return await Promise.all(Object.values(PROVIDERS).map((load) => load()));
}
