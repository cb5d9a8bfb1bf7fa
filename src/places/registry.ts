import { KeysError } from '../domain/errors.js';
import { nearest } from '../domain/nearest.js';
import { shellWord } from '../domain/shell-word.js';
import { option, words } from '../domain/words.js';
import type { ThisProgram } from '../storage/own-module.js';
import type { Settings } from '../storage/settings.js';
import type { OpenPlace, ParseContext, Place, PlaceContext, PlaceKind } from './place.js';
import { withSameOwner } from './same-owner.js';
import { checkVariableName, secondVariable } from './variable-name.js';

/** Every kind, in the order of the help. A kind is loaded when a place of it is read or opened. */
const BUILT_IN = {
  file: async () => (await import('./kinds/file.js')).file,
  keychain: async () => (await import('./kinds/keychain.js')).keychain,
  clipboard: async () => (await import('./kinds/clipboard.js')).clipboard,
  exec: async () => (await import('./kinds/exec.js')).exec,
  profile: async () => (await import('./kinds/profile.js')).profile,
  'github-env': async () => (await import('./kinds/github-job.js')).githubEnv,
  'github-output': async () => (await import('./kinds/github-job.js')).githubOutput,
  github: async () => (await import('./kinds/github.js')).github,
  gitlab: async () => (await import('./kinds/gitlab.js')).gitlab,
  vercel: async () => (await import('./kinds/vercel.js')).vercel,
  'cloudflare-worker': async () => (await import('./kinds/cloudflare-worker.js')).cloudflareWorker,
  vault: async () => (await import('./kinds/vault.js')).vault,
  'aws-secrets': async () => (await import('./kinds/aws-secrets.js')).awsSecrets,
  'aws-ssm': async () => (await import('./kinds/aws-ssm.js')).awsSsm,
  k8s: async () => (await import('./kinds/k8s.js')).k8s,
} satisfies Record<string, () => Promise<PlaceKind>>;

/** The id of a kind that is built in. */
export type PlaceKindId = keyof typeof BUILT_IN;

const KINDS: Readonly<Record<string, () => Promise<PlaceKind>>> = BUILT_IN;

/** Kinds that are a place by themselves. */
const WITHOUT_ADDRESS = ['keychain', 'clipboard', 'github-env', 'github-output'];

const PLACE_KIND_IDS: readonly string[] = Object.keys(KINDS);

/** Words that a kind of the user's own cannot have: `keys places kinds add` is a command. */
const TAKEN = [...PLACE_KIND_IDS, 'stdout', 'add', 'remove'];

/** What kinds of places of the user's own need of a call. */
export interface OwnKinds {
  /** `placeKinds()`: the file that defines each, by id. */
  settings(): Pick<Settings, 'placeKinds'>;
  readonly process: ThisProgram;
}

/** The kind with this id, or with `own` one of the user's. Throws `not_found`. */
export async function placeKind(id: string, own?: OwnKinds): Promise<PlaceKind> {
  const load = Object.hasOwn(KINDS, id) ? KINDS[id] : undefined;
  if (load !== undefined) return await load();
  const paths = own?.settings().placeKinds() ?? {};
  const path = Object.hasOwn(paths, id) ? paths[id] : undefined;
  if (own !== undefined && path !== undefined) return await ownKind(path, own);
  throw new KeysError('not_found', `no such kind of place: ${id}`, {
    hint: `one of ${[...PLACE_KIND_IDS, ...Object.keys(paths)].join(', ')}`,
  });
}

/** Returns the kind of place that a file of the user's own defines. Throws `usage`: see `loadOwnKind`. */
export async function ownKind(path: string, { process }: Pick<OwnKinds, 'process'>): Promise<PlaceKind> {
  const { loadOwnKind } = await import('./own-kind.js');
  const { library, platform } = process;
  return await loadOwnKind(path, { library, platform, taken: TAKEN });
}

/**
 * Returns every kind. A broken file of the user's own is left out with a warning: the other kinds still work.
 */
export async function placeKinds(
  own: OwnKinds & { readonly output: { warn(message: string): void } },
): Promise<readonly PlaceKind[]> {
  const ids = [...PLACE_KIND_IDS, ...Object.keys(own.settings().placeKinds())];
  const loaded = await Promise.allSettled(ids.map((id) => placeKind(id, own)));
  return loaded.flatMap((result) => {
    if (result.status === 'fulfilled') return [result.value];
    own.output.warn(result.reason instanceof Error ? result.reason.message : String(result.reason));
    return [];
  });
}

/**
 * Reads a place as `--to` says it: `KIND:…`, `keychain`, or the path of an env file. Relative paths are in
 * `directory`. Throws `usage` with what was probably meant.
 */
export async function parsePlace(text: string, context: ParseContext, own?: OwnKinds): Promise<Place> {
  // `github-env#NAME` too: the job's file has no address of its own.
  const [, word, rest] =
    /^([a-z][a-z0-9-]+):(.*)$/s.exec(text) ?? /^(github-env|github-output)#(.*)$/s.exec(text) ?? [];
  const id = word ?? (WITHOUT_ADDRESS.includes(text) ? text : 'file');
  if (word === undefined) {
    await refuseBareKind(text);
    refuseOddWord(text);
  }
  const ids = [...PLACE_KIND_IDS, ...Object.keys(own?.settings().placeKinds() ?? {})];
  if (!ids.includes(id)) {
    const meant = nearest(id, ids);
    throw new KeysError('usage', `no such kind of place: ${id}`, {
      hint:
        meant === null
          ? `one of ${ids.join(', ')}; for a file of this name, file:${text}`
          : `did you mean ${meant}:${rest}? For a file of this name, file:${text}`,
    });
  }
  const kind = await placeKind(id, own);
  const read = kind.parse(rest ?? (id === 'file' ? text : ''), context);
  return finished(kind, { kind: id, ...read });
}

/** Throws `usage` for a kind that needs an address and has none, with a whole place of that kind. */
async function refuseBareKind(text: string): Promise<void> {
  const [word = ''] = text.split('#');
  if (!Object.hasOwn(KINDS, word) || word === 'file' || WITHOUT_ADDRESS.includes(word)) return;
  const [example = `${word}:…`] = (await placeKind(word)).examples;
  throw new KeysError('usage', `${word} needs more after a colon`, {
    hint: words`such as ${option('to', shellWord(example))}`,
  });
}

/** What makes a word the path or the name of a file. */
const PATH_OR_FILE = /[./\\~]/;

/**
 * The kind of place that a bare word was probably meant to be: the secret would be in a file of that name,
 * readable. Null if it is none.
 */
function kindMeant(word: string): string | null {
  if (PATH_OR_FILE.test(word)) return null;
  if (/^(dot)?env$/i.test(word)) return '.env';
  const kind = nearest(word.toLowerCase().replaceAll('_', '-'), PLACE_KIND_IDS);
  if (kind === 'file') return '.env';
  return kind === null || WITHOUT_ADDRESS.includes(kind) ? kind : `${kind}:…`;
}

/** Rejects text that cannot be an env file path. Throws `usage`. */
function refuseOddWord(text: string): void {
  const [word = ''] = text.split('#');
  if (text === '') throw new KeysError('usage', 'the place is empty', { hint: 'such as .env' });
  if (text === 'stdout' || text === '-') {
    throw new KeysError('usage', 'stdout is not a place', {
      hint: words`${option('raw')} prints the secret, ${option('env')} prints lines`,
    });
  }
  if (word === 'keychain' && text !== word) {
    throw new KeysError('usage', 'the keychain has no variables', { hint: 'the word alone: keychain' });
  }
  const [, kind = '', rest = ''] = /^([A-Za-z][\w-]*):(.*)$/s.exec(text) ?? [];
  const meant = kind.toLowerCase().replaceAll('_', '-');
  if (Object.hasOwn(KINDS, meant)) {
    const place = `${meant}${meant.startsWith('github-') ? '#' : ':'}${rest}`;
    throw new KeysError('usage', `no such kind of place: ${kind}`, {
      hint: `did you mean ${place}? For a file of this name, ./${text}`,
    });
  }
  if (/^[A-Z][A-Z0-9_]*$/.test(text)) {
    throw new KeysError('usage', `${text} looks like a variable, not like a place`, {
      hint: `such as .env#${text}; for a file of this name, ./${text}`,
    });
  }
  const near = kindMeant(word);
  if (near !== null && !WITHOUT_ADDRESS.includes(word)) {
    throw new KeysError('usage', `no such kind of place: ${word}`, {
      hint: `did you mean ${near}? For a file of this name, ./${text}`,
    });
  }
}

/**
 * A place with the names that a key's secret gets there: those that were given, else the provider's
 * variables; of a pair, where one is given, the second is made from it. Throws `usage` for two names where
 * the key is one secret.
 */
export async function withNames(place: Place, variables: readonly string[], own?: OwnKinds): Promise<Place> {
  const kind = await placeKind(place.kind, own);
  if (kind.holds === 'credential') return place;
  const [first, second] = place.names.length === 0 ? variables : place.names;
  if (first === undefined) return place;
  if (kind.holds === 'value') {
    if (second === undefined || place.names.length === 0) return finished(kind, { ...place, names: [first] });
    throw new KeysError('usage', `${place.address} holds one value: a pair goes there as JSON`, {
      hint: 'name one',
    });
  }
  if (variables.length < 2 && second !== undefined) {
    throw new KeysError('usage', `two variables are named for one secret: ${place.address}`, {
      hint: `name one, such as #${first}`,
    });
  }
  const names = variables.length < 2 ? [first] : [first, second ?? secondVariable(first, variables)];
  return finished(kind, { ...place, names });
}

function finished(kind: PlaceKind, place: Omit<Place, 'address'>): Place {
  for (const name of place.names) (kind.checkName ?? checkVariableName)(name);
  const rest = kind.address(place);
  return { ...place, address: rest === '' ? kind.id : `${kind.id}:${rest}` };
}

/**
 * Opens a place for one key. What it does throws `refused` in another account than that of the last delivery.
 * After each delivery its `then` command runs; a failure of it is a failed
 * delivery.
 */
export async function openPlace(place: Place, context: PlaceContext): Promise<OpenPlace> {
  const kind = await placeKind(place.kind, context);
  const opened = withSameOwner(kind.open(place, context), place, context);
  const { then } = place;
  if (then === undefined) return opened;
  return {
    ...opened,
    async deliver(credential, key) {
      await opened.deliver(credential, key);
      const { runPlaceCommand: runCommand } = await import('./kinds/exec.js');
      await runCommand({ command: then, directory: context.process.directory, input: '', key }, context);
    },
  };
}
