import module from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { KeysError } from '../domain/errors.js';
import { checkDefinition } from './check-definition.js';
import type { ProviderDefinition } from './define-provider.js';
import { DefinitionMistake } from './definition-mistake.js';
import { openToOthers } from './open-to-others.js';

export interface OwnProviderOptions {
  /** URL of this package's public entry: a file of the user's own imports it by the package's name, wherever it is. */
  readonly library: string;
  /** Node's name for the platform. */
  readonly platform: string;
  /** Ids that are taken. */
  readonly taken: readonly string[];
}

/** Name by which a provider file imports this package. */
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
  if (platform !== 'win32') {
    const open = openToOthers(path);
    if (open !== null) {
      throw wrong(
        `others may write to ${open === path ? 'it' : open}, and it would run as you`,
        `look at what is in it, then: chmod go-w ${open}`,
      );
    }
  }
  resolvePackage(library, platform);
  let loaded: { readonly default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path).href)) as typeof loaded;
  } catch (error) {
    if (error instanceof DefinitionMistake) throw wrong(`${error.field} ${error.problem}`, SHAPE, error);
    throw wrong(error instanceof Error ? error.message : String(error), SHAPE, error);
  }
  const problem = checkDefinition(loaded.default);
  if (problem !== null) throw wrong(problem, SHAPE);
  const definition: ProviderDefinition = { ...(loaded.default as ProviderDefinition), source: path };
  if (taken.includes(definition.id)) throw wrong(`id: taken: ${definition.id}`, 'choose another one');
  return definition;
}

const SHAPE = "such as: import { provider } from 'keys'; export default provider({ … })";

let resolved = false;

/**
 * Has imports of this package by its name find it, from wherever they are, and checks every other file that is loaded from then
 * on as the provider file itself was.
 */
function resolvePackage(library: string, platform: string): void {
  if (resolved) return;
  resolved = true;
  const root = JSON.stringify(new URL('../../', library).href);
  const hooks = `let port;
  const asked = new Map();
  export function initialize(data) {
    port = data.port;
    port.on('message', ({ id, open }) => asked.get(id)(open));
  }
  export async function resolve(specifier, context, next) {
    return specifier === '${PACKAGE}' ? { url: ${JSON.stringify(library)}, shortCircuit: true } : next(specifier, context);
  }
  export async function load(url, context, next) {
    if (${platform !== 'win32'} && url.startsWith('file:') && !url.startsWith(${root})) {
      const open = await new Promise((resolve) => {
        asked.set(asked.size, resolve);
        port.postMessage({ id: asked.size - 1, url });
      });
      if (open !== null) throw new Error('others may write to ' + open + ', which would run as you: chmod go-w ' + open);
    }
    return next(url, context);
  }`;
  // Hooks run in a thread of their own, which can load nothing of ours: it asks this one.
  const { port1, port2 } = new MessageChannel();
  port1.on('message', ({ id, url }: { id: number; url: string }) =>
    port1.postMessage({ id, open: openToOthers(fileURLToPath(url)) }),
  );
  port1.unref();
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
    data: { port: port2 },
    transferList: [port2],
  });
}
