import { dirname, join, normalize } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

export interface SourceFile {
  /** From `src/`, such as `domain/key.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Room {
  /** The file whose first comment says what the room is for and what may be imported from it. */
  readonly opening: string;
  /** Rooms below it. A room may always import itself. */
  readonly mayImport: readonly string[];
}

/** The rooms from top to bottom: each imports only rooms that stand after it. */
export const ROOMS: Readonly<Record<string, Room>> = {
  cli: {
    opening: 'cli/program.ts',
    mayImport: [
      ...['lifecycle', 'audit', 'connect', 'places', 'providers', 'service'],
      ...['storage', 'http', 'terminal', 'domain'],
    ],
  },
  lifecycle: {
    opening: 'lifecycle/lifecycle-context.ts',
    mayImport: ['connect', 'places', 'storage', 'terminal', 'domain'],
  },
  audit: { opening: 'audit/run.ts', mayImport: ['connect', 'places', 'storage', 'terminal', 'domain'] },
  connect: {
    opening: 'connect/open-connection.ts',
    mayImport: ['providers', 'service', 'storage', 'http', 'terminal', 'domain'],
  },
  places: { opening: 'places/place.ts', mayImport: ['storage', 'http', 'domain'] },
  providers: { opening: 'providers/registry.ts', mayImport: ['storage', 'http', 'domain'] },
  service: { opening: 'service/rules.ts', mayImport: ['storage', 'http', 'domain'] },
  storage: { opening: 'storage/settings.ts', mayImport: ['domain'] },
  http: { opening: 'http/transport.ts', mayImport: ['domain'] },
  terminal: { opening: 'terminal/output.ts', mayImport: ['domain'] },
  domain: { opening: 'domain/key-service.ts', mayImport: [] },
};

/** What `main.ts` and `library.ts`, the files beside the rooms, import. */
const ROOT_MAY_IMPORT = ['cli', 'connect', 'domain', 'http', 'places', 'providers'];

/** Files whose whole purpose is to touch something outside, and what. */
const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['process', 'node:fs', 'Date.now'],
  // Only `getBuiltinModule`: no other way to a module of Node's costs nothing before its first use.
  'domain/builtins.ts': ['process'],
  'cli/man/main.ts': ['process', 'console', 'node:fs', 'file writes'],
  'cli/create-context.ts': ['timers'],
  'cli/serve/service-manager.ts': ['node:child_process', 'process'],
  'http/direct-transport.ts': ['timers'],
  'terminal/inquirer-prompts.ts': ['timers'],
  'terminal/activity.ts': ['timers'],
  'terminal/pager.ts': ['node:child_process'],
  'connect/open-service.ts': ['timers', 'Date.now'],
  'storage/escape.ts': ['node:fs'],
  'storage/read-lines.ts': ['node:fs'],
  'storage/current-boot.ts': ['node:fs'],
  'storage/open-to-others.ts': ['node:fs', 'process'],
  'storage/file-lock.ts': ['node:fs', 'file handles', 'file writes', 'timers', 'process', 'Date.now'],
  'storage/files.ts': ['node:fs', 'file handles', 'file writes'],
  'storage/files/draft.ts': ['node:fs', 'file handles', 'file writes', 'process'],
  'storage/files/file-status.ts': ['node:fs', 'process'],
  'storage/files/folders.ts': ['node:fs', 'file handles', 'file writes', 'process'],
  'storage/files/follow-links.ts': ['node:fs', 'process'],
  'storage/files/growing-file.ts': ['node:fs', 'file handles'],
  'storage/files/held-folder.ts': ['node:fs', 'file handles', 'process'],
  'storage/files/open-flags.ts': ['node:fs'],
  'storage/files/private-files.ts': ['node:fs', 'file handles', 'file writes', 'process'],
  'storage/files/read-file.ts': ['node:fs', 'file handles'],
  'places/git-standing.ts': ['node:child_process'],
  'places/kinds/github-job.ts': ['node:fs'],
  'places/run-child.ts': ['process', 'timers'],
  'places/kinds/clipboard.ts': ['node:child_process', 'process'],
  'places/clear-clipboard.ts': ['node:child_process', 'process', 'timers'],
  'storage/keychain/keychain.ts': ['timers', 'node:child_process', 'process'],
  'storage/keychain/keychain-child.ts': ['process', 'node:child_process', 'timers'],
  'storage/keychain/credentials-file.ts': ['node:fs'],
  'storage/sql/password-file.ts': ['node:fs'],
  'storage/sql/postgres-database.ts': ['timers'],
  'storage/sql/read-together.ts': ['timers'],
  'storage/sql/retry-while-busy.ts': ['timers'],
  'storage/sql/sqlite-database.ts': ['node:fs', 'timers'],
  'audit/repository/git.ts': ['node:child_process', 'timers'],
  'audit/repository/folder.ts': ['node:fs', 'file handles'],
  'audit/repository/hook.ts': ['node:fs'],
  'service/upkeep.ts': ['timers'],
  'service/http/management-key-file.ts': ['node:fs'],
  'service/http/process-metrics.ts': ['process'],
  'service/http/stopwatch.ts': ['Date.now'],
  'service/fair-queue.ts': ['timers'],
  'service/http/drain.ts': ['timers'],
  'service/http/in-turn.ts': ['timers'],
  'service/http/log-lines.ts': ['timers'],
  'service/http/webhooks.ts': ['timers'],
};

const GLOBALS: Readonly<Record<string, string>> = {
  process: 'process',
  console: 'console',
  fetch: 'fetch',
  Request: 'fetch',
  Response: 'fetch',
  Headers: 'fetch',
  performance: 'Date.now',
  setTimeout: 'timers',
  setInterval: 'timers',
  setImmediate: 'timers',
};
/** What changes files. */
const WRITERS = new Set(
  'appendFile chmod chown copyFile cp createWriteStream fchmod fchown ftruncate futimes lchmod lchown link lutimes mkdir mkdtemp rename rm rmdir symlink truncate unlink utimes write writeFile writev'
    .split(' ')
    .flatMap((name) => [name, `${name}Sync`]),
);
const MODULES: Readonly<Record<string, string>> = {
  'node:fs': 'node:fs',
  'node:fs/promises': 'node:fs',
  'node:child_process': 'node:child_process',
  'node:process': 'process',
  'node:timers': 'timers',
  'node:timers/promises': 'timers',
};

const OPENERS = new Set(['open', 'openSync']);

/** A whole module, by a namespace or its default, can write too. */
function writes(name: string | null | undefined): boolean {
  return !name || name === 'default' || WRITERS.has(name);
}

function roomOf(path: string): string {
  return path.includes('/') ? (path.split('/')[0] ?? '') : 'root';
}

interface Facts {
  /** Relative imports as paths from `src/`, those of types alone included. */
  readonly imports: readonly string[];
  readonly touches: ReadonlySet<string>;
}

/** An import's path from `src/`. The files of pages end in `.tsx`; imports name both endings `.js`. */
function importedPath(from: string, specifier: string, paths: ReadonlySet<string>): string {
  const path = normalize(join(dirname(from), specifier)).replace(/\.js$/, '.ts');
  return paths.has(`${path}x`) ? `${path}x` : path;
}

function factsOf(file: SourceFile, paths: ReadonlySet<string>): Facts {
  const imports: string[] = [];
  const touches = new Set<string>();
  const note = (specifier: string, typesOnly: boolean) => {
    const outside = MODULES[specifier];
    if (outside !== undefined && !typesOnly) touches.add(outside);
    if (specifier.startsWith('.')) imports.push(importedPath(file.path, specifier, paths));
  };
  const { program, module } = parseSync(file.path, file.text);
  for (const found of module.staticImports) {
    const fromFiles = MODULES[found.moduleRequest.value] === 'node:fs';
    if (fromFiles && found.entries.some(({ importName }) => OPENERS.has(importName.name ?? '')))
      touches.add('file handles');
    if (fromFiles && found.entries.some(({ isType, importName }) => !isType && writes(importName.name)))
      touches.add('file writes');
    note(found.moduleRequest.value, found.entries.length > 0 && found.entries.every((entry) => entry.isType));
  }
  for (const found of module.staticExports) {
    for (const entry of found.entries) if (entry.moduleRequest) note(entry.moduleRequest.value, entry.isType);
  }
  for (const found of module.dynamicImports) {
    const specifier = file.text.slice(found.moduleRequest.start + 1, found.moduleRequest.end - 1);
    if (MODULES[specifier] === 'node:fs') touches.add('file writes');
    note(file.text.slice(found.moduleRequest.start + 1, found.moduleRequest.end - 1), false);
  }
  new Visitor({
    MemberExpression(node) {
      const { object, property } = node;
      if (object.type !== 'Identifier') return;
      if (object.name in GLOBALS) touches.add(GLOBALS[object.name] ?? '');
      if (object.name === 'Date' && property.type === 'Identifier' && property.name === 'now')
        touches.add('Date.now');
      if (object.name === 'AbortSignal' && property.type === 'Identifier' && property.name === 'timeout')
        return;
    },
    CallExpression(node) {
      if (node.callee.type === 'Identifier' && node.callee.name in GLOBALS)
        touches.add(GLOBALS[node.callee.name] ?? '');
    },
    NewExpression(node) {
      if (node.callee.type !== 'Identifier') return;
      if (node.callee.name === 'Date' && node.arguments.length === 0) touches.add('Date.now');
      if (node.callee.name in GLOBALS) touches.add(GLOBALS[node.callee.name] ?? '');
    },
  }).visit(program);
  return { imports, touches };
}

/**
 * Rooms and files whose strings may name commands of the program: the command line itself, the lines of hooks
 * and findings that the audit writes, the comments of a new provider's file, and the console, which shows the
 * command of each action.
 */
const NAMES_COMMANDS = [
  ...['cli', 'audit', 'providers/new-provider.ts', 'providers/openapi/draft.ts'],
  'service/console',
];

/**
 * Rooms whose messages other surfaces than the terminal show as well: no string of theirs names a flag. They
 * say it by `option()` of `domain/words.ts`, which each surface writes in its own words.
 */
const NAMES_NO_FLAG = ['domain', 'http', 'service', 'lifecycle', 'connect'];
/** Files of these rooms whose strings name flags all the same, and why. */
const NAMES_FLAGS: Readonly<Record<string, string>> = {
  'domain/words.ts': 'how the terminal writes a setting of a provider',
  'service/console/commands.ts': 'the command line that does the same as a page',
  'service/console/pages/all-keys.tsx': 'the command line that does the same as a page',
  'service/console/pages/audit.tsx': 'the command line that does the same as a page',
  'service/console/pages/key.tsx': 'the command line that does the same as a page',
  'service/console/pages/overview.tsx': 'the command line that does the same as a page',
  'service/console/pages/places.tsx': 'the command line that does the same as a page',
  'service/console/request-guard.ts': 'a command to copy, which starts the service',
  'service/console/style.ts': 'custom properties of CSS begin with two dashes',
  'connect/guided/converse.ts': 'prompts are of the terminal alone',
};
const FLAG = /(?:^|[\s'"`(])--[a-z][a-z-]*/;

/** Calls `look` with each string of the file. */
function eachString({ path, text }: SourceFile, look: (said: string) => void): void {
  new Visitor({
    Literal: (node) => look(typeof node.value === 'string' ? node.value : ''),
    TemplateElement: (node) => look(node.value.cooked ?? ''),
  }).visit(parseSync(path, text).program);
}

/**
 * Commands of the program that a string names, such as `keys list`, and flags in the rooms that may name
 * none.
 */
function namedCommands(file: SourceFile, commands: readonly string[]): string[] {
  const { path } = file;
  const isIn = (name: string) => path === name || path.startsWith(`${name}/`);
  const command = new RegExp(`\\bkeys (${commands.join('|')})\\b(?! (?:of|to|are|is|in|by|that)\\b)`);
  const mayNameCommand = NAMES_COMMANDS.some(isIn);
  const mayNameFlag = !NAMES_NO_FLAG.some(isIn) || path in NAMES_FLAGS;
  const found: string[] = [];
  eachString(file, (said) => {
    const [name] = (!mayNameCommand && command.exec(said)) || (!mayNameFlag && FLAG.exec(said)) || [];
    if (name !== undefined) found.push(`${path} names ${name.trim()}`);
  });
  return found;
}

/** Every place below the command line where a string names one of these commands, or a flag, a line each. */
export function commandsNamed(files: readonly SourceFile[], commands: readonly string[]): string[] {
  return files.flatMap((file) => namedCommands(file, commands));
}

/**
 * Files that read what comes from outside to its end, and what bounds it there: a name that stands in the
 * file. A sender without an end must not fill the memory.
 */
const READERS: Readonly<Record<string, string>> = {
  'http/receive-body.ts': 'maxBytes',
  'terminal/node-streams.ts': 'MOST_IN_LINE',
  'terminal/line-prompts.ts': 'MOST_IN_ANSWER',
  'storage/files/read-file.ts': 'maxBytes',
  'storage/read-lines.ts': 'MOST_IN_LINE',
  'storage/keychain/keychain.ts': 'MOST_CHARACTERS',
  // The one line of the program that has started it.
  'storage/keychain/keychain-child.ts': 'The request is one line',
  // The secret of the program that has started it.
  'places/clear-clipboard.ts': 'PATIENCE_MS',
  // execa stops at 100 MB by itself, and the child has a time.
  'places/run-child.ts': 'timeoutMs',
  'cli/child/run-program.ts': "stdio: 'inherit'",
  'audit/repository/git.ts': 'MOST_IN_RECORD',
  'audit/repository/blobs.ts': 'MOST_IN_LINE',
  'service/http/authorize.ts': 'MOST_BODY_BYTES',
  // Over lines, which are bounded where they are read.
  'service/key-transfer.ts': 'lines: AsyncIterable<string>',
  // Behind the limit of `app.ts` and `limit-body.ts`, which tests send too much to.
  'service/http/read-json.ts': 'readJsonBody',
  'service/http/callers.ts': 'arrayBuffer',
  'service/console/visit.tsx': 'context.req.text',
};
/** Methods of responses, requests and streams that give a whole body. */
const WHOLE = new Set(['arrayBuffer', 'blob', 'bytes', 'formData', 'json', 'parseBody', 'text', 'toArray']);
const HOLDS_BODY = /^(body|response|request|req|reply|result|stdout|stderr|stdin|stream|child)$/;
const BYTES = /Buffer|Uint8Array|<string>|^(?:\w+\.)?(?:stream|body|incoming|response|stdout|stderr|stdin)$/;
const STREAM_READERS = new Set(['createReadStream', 'createInterface']);

/** How a file reads a stream or a body to its end; empty where it does not. */
function wholeReads({ path, text }: SourceFile): string[] {
  const found: string[] = [];
  const { program, module } = parseSync(path, text);
  for (const { moduleRequest } of module.staticImports) {
    if (moduleRequest.value === 'node:stream/consumers' || moduleRequest.value === 'execa')
      found.push(moduleRequest.value);
  }
  const named = (node: { type: string; name?: string; property?: { name?: string } } | null) =>
    node?.type === 'Identifier' ? node.name : node?.property?.name;
  new Visitor({
    CallExpression({ callee, arguments: given }) {
      if (callee.type === 'Identifier' && STREAM_READERS.has(callee.name)) found.push(callee.name);
      if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return;
      const method = callee.property.name;
      if (WHOLE.has(method) && HOLDS_BODY.test(named(callee.object as never) ?? ''))
        found.push(`.${method}()`);
      const [event] = given;
      if (method === 'on' && event?.type === 'Literal' && event.value === 'data') found.push("on('data')");
    },
    ForOfStatement(node) {
      const right = text.slice(node.right.start, node.right.end);
      if (node.await && BYTES.test(right)) found.push('for await of bytes');
    },
    MemberExpression(node) {
      if (text.slice(node.start, node.end) === 'Symbol.asyncIterator') found.push('an iterator');
    },
  }).visit(program);
  return found;
}

/** Each file that reads something from outside to its end without a bound that is known here. */
export function unboundedReads(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const bound = READERS[file.path];
    const [read] = wholeReads(file);
    if (read === undefined) return bound === undefined ? [] : [`${file.path} is in the list for nothing`];
    return bound !== undefined && file.text.includes(bound) ? [] : [`${file.path} reads by ${read}`];
  });
}

/** Everything in which the files break the rules, a line each. */
export function violations(files: readonly SourceFile[]): string[] {
  const found: string[] = [];
  const graph = new Map<string, readonly string[]>();
  const paths = new Set(files.map(({ path }) => path));
  for (const file of files) {
    const { imports, touches } = factsOf(file, paths);
    const room = roomOf(file.path);
    graph.set(file.path, imports);
    for (const path of imports) {
      const target = roomOf(path);
      if (target === room) continue;
      const allowed = room === 'root' ? ROOT_MAY_IMPORT : (ROOMS[room]?.mayImport ?? []);
      const named = target === 'root' ? [`root/${path}`, 'root'] : [target];
      if (!named.some((name) => allowed.includes(name))) found.push(`${file.path} imports ${path}`);
    }
    for (const touched of touches) {
      if (!ADAPTERS[file.path]?.includes(touched)) found.push(`${file.path} touches ${touched}`);
    }
  }
  return [...found, ...cycles(graph)];
}

function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === 'done') return;
    if (state.get(path) === 'open') {
      found.push(`cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`);
      return;
    }
    state.set(path, 'open');
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/** Calls that await no callback: what an async one rejects with is an error that nothing catches. */
const AWAITS_NOTHING = new Set(
  'createServer forEach nextTick request setImmediate setInterval setTimeout'.split(' '),
);
/** The same with the name of an event before the callback. */
const LISTENS = new Set(['addListener', 'on', 'once', 'prependListener']);

/** Calls `look` with the name and the arguments of each call of a function or a method. */
function eachCall(
  { path, text }: SourceFile,
  look: (name: string, given: readonly Argument[]) => void,
): void {
  new Visitor({
    CallExpression({ callee, arguments: given }) {
      if (callee.type === 'Identifier') look(callee.name, given);
      if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier')
        look(callee.property.name, given);
    },
  }).visit(parseSync(path, text).program);
}

interface Argument {
  readonly type: string;
  readonly async?: boolean;
}

/** Each place where an async function goes to a call that does not await it, as `path: call`. */
export function asyncCallbacks(files: readonly SourceFile[]): string[] {
  const near = new RegExp(`\\b(${[...AWAITS_NOTHING, ...LISTENS].join('|')})\\([^;]{0,400}?\\basync\\b`);
  return files.flatMap((file) => {
    const found: string[] = [];
    // Parsing every file of the tests takes seconds.
    if (!near.test(file.text)) return found;
    eachCall(file, (name, given) => {
      const awaitsNothing =
        AWAITS_NOTHING.has(name) || (LISTENS.has(name) && given.length === 2 && given[0]?.type === 'Literal');
      const isAsync = given.some(({ type, async }) => /Function/.test(type) && async === true);
      if (awaitsNothing && isAsync) found.push(`${file.path}: ${name}`);
    });
    return found;
  });
}

/** The files that call a method `listen`, and those that import `createServer` of HTTP. */
export function ownServers(files: readonly SourceFile[]): { listen: string[]; http: string[] } {
  const listens = (file: SourceFile) => {
    const calls: string[] = [];
    if (file.text.includes('.listen(')) eachCall(file, (name) => calls.push(name));
    return calls.includes('listen');
  };
  const importsServer = ({ path, text }: SourceFile) =>
    text.includes('createServer') &&
    parseSync(path, text).module.staticImports.some(
      ({ moduleRequest, entries }) =>
        /^node:http(2|s)?$/.test(moduleRequest.value) &&
        entries.some(({ importName }) => importName.name === 'createServer'),
    );
  const paths = (chosen: (file: SourceFile) => boolean) => files.filter(chosen).map(({ path }) => path);
  return { listen: paths(listens), http: paths(importsServer) };
}
