import { statSync } from 'node:fs';
import module from 'node:module';
import { pathToFileURL } from 'node:url';
import { KeysError } from '../domain/errors.js';
import { checkDefinition } from './check-definition.js';
import type { ProviderDefinition } from './define-provider.js';

export interface OwnProviderOptions {
  /** URL of this package's public entry: a file of the user's own imports it by the package's name, wherever it is. */
  readonly library: string;
  /** Node's name for the platform. */
  readonly platform: string;
  /** Ids that are taken. */
  readonly taken: readonly string[];
}

/** Name by which a provider file imports what it is made with. */
const PACKAGE = 'keys';

/**
 * A provider from a module of the user's own, whose default export is what `defineProvider` returns. It runs as part of this
 * program, so it is loaded from this machine alone, and only where nobody but its owner can have written it. Throws `usage`,
 * naming the file and what is wrong with it.
 */
export async function loadProviderFile(
  path: string,
  { library, platform, taken }: OwnProviderOptions,
): Promise<ProviderDefinition> {
  const wrong = (what: string, hint: string, cause?: unknown) =>
    new KeysError('usage', `not a provider: ${path}: ${what}`, {
      hint,
      ...(hint === SHAPE ? { next: 'new_provider' } : {}),
      cause,
    });
  if (platform !== 'win32' && (modeOf(path) & 0o022) !== 0) {
    throw wrong(
      'others may write to it, and it would run as you',
      `look at what is in it, then: chmod go-w ${path}`,
    );
  }
  resolvePackage(library);
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path).href)) as typeof loaded;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), SHAPE, error);
  }
  const problem = checkDefinition(loaded.default);
  if (problem !== null) throw wrong(problem, SHAPE);
  const definition = loaded.default as ProviderDefinition;
  if (taken.includes(definition.id)) throw wrong(`id: taken: ${definition.id}`, 'choose another one');
  return definition;
}

const SHAPE = "such as: import { defineProvider } from 'keys'; export default defineProvider({ … })";

/** Zero for what is not there: its loading says so better. */
function modeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
}

let resolved = false;

/** Has imports of this package by its name find it, from wherever they are. */
function resolvePackage(library: string): void {
  if (resolved) return;
  resolved = true;
  const hook = `export async function resolve(specifier, context, next) {
    return specifier === '${PACKAGE}' ? { url: ${JSON.stringify(library)}, shortCircuit: true } : next(specifier, context);
  }`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
