import module from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { KeysError, type NextStep } from '../domain/errors.js';
import { openToOthers } from './open-to-others.js';

/** This program, as a module of the user's own finds it. */
export interface ThisProgram {
  /** URL of this package's public entry: a file of the user's own imports it by the package's name, wherever it is. */
  readonly library: string;
  /** Node's name for the platform. */
  readonly platform: string;
}

/** What a module must be, for messages. */
export interface ModuleShape {
  /** Such as `a provider`. */
  readonly what: string;
  /** The hint for a module that is none. */
  readonly hint: string;
  readonly next?: NextStep;
}

/** Name by which a user's module imports this package. */
const PACKAGE = 'keys';

/**
 * Returns the default export of a module of the user's own. It runs as part of this program, so it is loaded from this machine
 * only, and only if nobody but its owner can have written it. Throws `usage`, with the file and what is wrong with it.
 */
export async function loadOwnModule(
  path: string,
  { library, platform }: ThisProgram,
  shape: ModuleShape,
  explain: (error: unknown) => string = (error) => (error instanceof Error ? error.message : String(error)),
): Promise<unknown> {
  if (platform !== 'win32') {
    const open = openToOthers(path);
    if (open !== null) {
      throw notOf(
        { ...shape, hint: `look at what is in it, then: chmod go-w ${open}` },
        path,
        `others may write to ${open === path ? 'it' : open}, and it would run as you`,
      );
    }
  }
  resolvePackage(library, platform);
  try {
    return ((await import(pathToFileURL(path).href)) as { readonly default?: unknown }).default;
  } catch (error) {
    throw notOf(shape, path, explain(error), error);
  }
}

/** The error for a module that is not what it must be. */
export function notOf(
  { what, hint, next }: ModuleShape,
  path: string,
  problem: string,
  cause?: unknown,
): KeysError {
  return new KeysError('usage', `not ${what}: ${path}: ${problem}`, {
    hint,
    ...(next === undefined ? {} : { next }),
    cause,
  });
}

let resolved = false;

/**
 * Has imports of this package by its name find it, from wherever they are, and checks every other file that is loaded from then
 * on as the module itself was.
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
