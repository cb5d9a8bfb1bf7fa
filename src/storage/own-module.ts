import module from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel } from 'node:worker_threads';
import { compact } from '../domain/compact.js';
import { KeysError, type NextStep } from '../domain/errors.js';
import { nearest } from '../domain/nearest.js';
import { shellWord } from '../domain/shell-word.js';
import { fileExists } from './files/file-status.js';
import { openToOthers } from './open-to-others.js';

/** This program, as a module of the user's own finds it. */
export interface ThisProgram {
  /**
   * URL of this package's public entry: a file of the user's own imports it by the package's name, wherever
   * it is.
   */
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
 * Returns the default export of a module of the user's own. It runs as part of this program, so it is loaded
 * from this machine only, and only if nobody but its owner can have written it. Throws `usage`, with the file
 * and what is wrong with it.
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
    if (!fileExists(path)) {
      const gone = { what: shape.what, hint: 'put the file back, or remove what it defines' };
      throw notOf(gone, path, 'there is no such file', error);
    }
    const missing = /'keys' does not provide an export named '(\w+)'/.exec(String(error))?.[1];
    if (missing !== undefined) {
      const hint = await exportsNear(missing, library);
      throw notOf({ what: shape.what, hint }, path, `keys exports no ${missing}`, error);
    }
    if (error instanceof SyntaxError) {
      const hint = `node --check ${shellWord(path)} shows the line`;
      throw notOf({ what: shape.what, hint }, path, error.message, error);
    }
    throw notOf(shape, path, explain(error), error);
  }
}

/** What this package exports instead of a name that it does not have. */
async function exportsNear(name: string, library: string): Promise<string> {
  const known = Object.keys((await import(library)) as object).toSorted();
  const near = nearest(name, known);
  return near === null ? `it exports ${known.join(', ')}` : `did you mean ${near}?`;
}

/** The error for a module that is not what it must be. */
export function notOf(
  { what, hint, next }: ModuleShape,
  path: string,
  problem: string,
  cause?: unknown,
): KeysError {
  return new KeysError('usage', `cannot load ${what} from ${path}: ${problem}`, {
    hint,
    ...compact({ next }),
    cause,
  });
}

let resolved = false;

/**
 * Checks what `require` loads, outside of this program's own folder: hooks for modules see nothing of it.
 * Each kind of file comes by `Module.prototype.load`, with links followed.
 */
function checkRequired(root: string): void {
  const required = module.prototype as unknown as { load(this: unknown, filename: string): void };
  const { load } = required;
  required.load = function (filename) {
    const open = filename.startsWith(root) ? null : openToOthers(filename);
    if (open !== null) throw new Error(openMessage(open));
    load.call(this, filename);
  };
}

function openMessage(open: string): string {
  return `others may write to ${open}, which would run as you: chmod go-w ${open}`;
}

/**
 * Has imports of this package by its name find it, from wherever they are, and checks every other file that
 * is loaded from then on as the module itself was.
 */
function resolvePackage(library: string, platform: string): void {
  if (resolved) return;
  resolved = true;
  if (platform !== 'win32') checkRequired(fileURLToPath(new URL('../../', library)));
  const root = new URL('../../', library).href;
  const { registerHooks } = module as { readonly registerHooks?: (hooks: SyncHooks) => unknown };
  if (registerHooks === undefined) {
    registerInThread(library, root, platform !== 'win32');
    return;
  }
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === PACKAGE ? { url: library, shortCircuit: true } : next(specifier, context),
    load(url, context, next) {
      const problem = platform === 'win32' || url.startsWith(root) ? null : problemWith(url);
      if (problem !== null) throw new Error(problem);
      return next(url, context);
    },
  });
}

type Hook = (name: string, context: unknown, next: (name: string, context: unknown) => unknown) => unknown;

/** What `module.registerHooks` of Node 22.15 and later takes. */
interface SyncHooks {
  readonly resolve: Hook;
  readonly load: Hook;
}

/** Why a module that is loaded from a file must not run; null if it may. */
function problemWith(url: string): string | null {
  const open = url.startsWith('file:') ? openToOthers(fileURLToPath(url)) : null;
  return open === null ? null : openMessage(open);
}

/**
 * The same for older versions of Node. Hooks run in a thread of their own, which can load nothing of ours: it
 * asks this one. From Node 24 on this thread waits for them, and could not reply.
 */
function registerInThread(library: string, root: string, checks: boolean): void {
  const hooks = `let port;
  const asked = new Map();
  export function initialize(data) {
    port = data.port;
    port.on('message', ({ id, problem }) => asked.get(id)(problem));
  }
  export async function resolve(specifier, context, next) {
    return specifier === '${PACKAGE}' ? { url: ${JSON.stringify(library)}, shortCircuit: true } : next(specifier, context);
  }
  export async function load(url, context, next) {
    if (${checks} && url.startsWith('file:') && !url.startsWith(${JSON.stringify(root)})) {
      const problem = await new Promise((resolve) => {
        asked.set(asked.size, resolve);
        port.postMessage({ id: asked.size - 1, url });
      });
      if (problem !== null) throw new Error(problem);
    }
    return next(url, context);
  }`;
  const { port1, port2 } = new MessageChannel();
  port1.on('message', ({ id, url }: { id: number; url: string }) =>
    port1.postMessage({ id, problem: problemWith(url) }),
  );
  port1.unref();
  module.register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
    data: { port: port2 },
    transferList: [port2],
  });
}
