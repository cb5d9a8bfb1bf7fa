import type { Provider, SecretPrefix } from './provider.js';

export interface Resemblance extends SecretPrefix {
  readonly provider: string;
  readonly title: string;
}

/** Which providers' keys a text looks like, by their published prefixes; the longest prefix first. */
export function recognise(
  text: string,
  providers: ReadonlyArray<Pick<Provider, 'id' | 'title' | 'format'>>,
): Resemblance[] {
  return providers
    .flatMap(({ id, title, format }) =>
      format.prefixes
        .filter(({ prefix }) => text.startsWith(prefix))
        .map((prefix) => ({ ...prefix, provider: id, title })),
    )
    .sort((a, b) => b.prefix.length - a.prefix.length);
}

/** A prefix with fewer characters begins keys of many services, and passwords. */
const SHORTEST_MARK = 5;
/** A text with fewer characters behind a prefix is no key of that provider. */
const SHORTEST_BODY = 16;

export type Known = Pick<Provider, 'id' | 'title' | 'format'> & { readonly source?: string | null };

/**
 * The provider whose key a text certainly is: its published form matches the whole, or a prefix that no
 * chance text has. Null where that is not certain. A provider of the user's own never counts: its file says
 * nothing about other services.
 */
export function unmistakable(text: string, providers: readonly Known[]): Resemblance | null {
  const shipped = providers.filter(({ source = null }) => source === null);
  const certain = recognise(text, shipped).find(({ prefix, pattern }) =>
    pattern === undefined
      ? prefix.length >= SHORTEST_MARK && /[-_.]/.test(prefix) && text.length >= prefix.length + SHORTEST_BODY
      : pattern.test(text),
  );
  return certain ?? null;
}
