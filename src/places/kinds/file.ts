import { basename, resolve } from 'node:path';
import { KeysError } from '../../domain/errors.js';
import { fileState } from '../../storage/files/file-status.js';
import { followLinks, linksOn } from '../../storage/files/follow-links.js';
import { readWhole } from '../../storage/files/read-file.js';
import { changeFile, tryWrite } from '../../storage/files.js';
import { readVariables } from '../env-file-reader.js';
import { removeVariable, setVariable } from '../env-file-text.js';
import { gitStanding } from '../git-standing.js';
import {
  namedParts,
  namesText,
  type OpenPlace,
  type Place,
  type PlaceContext,
  type PlaceKind,
  splitNames,
} from '../place.js';
import { refuseOtherFormat, refuseOtherName } from '../refuse-other-format.js';
import { dotenvValue } from '../shells.js';

/** Most bytes of an env file. */
const MOST_BYTES = 1024 * 1024;

/**
 * A variable in an env file. Other lines, comments, owner and link stay. Refused are a file that git tracks,
 * a file of another format, and a value that the readers of env files would read differently.
 */
export const file: PlaceKind = {
  id: 'file',
  title: 'a variable in an env file',
  syntax: 'PATH#NAME or file:PATH#NAME',
  examples: ['.env', 'config/prod.env#BILLING_API_KEY'],
  remembered: true,
  local: true,
  holds: 'variables',
  parse(rest, { directory }) {
    const { rest: path, names } = splitNames(rest);
    if (path === '' || path.includes('\0')) {
      throw new KeysError('usage', 'no path is named', {
        hint: 'such as .env, or file:prod.env#WEB_API_KEY',
      });
    }
    return { target: { path: resolve(directory, path) }, names };
  },
  address: ({ target, names }) => `${target['path']}${namesText(names)}`,
  open,
};

function open({ target, names }: Place, { env }: PlaceContext): OpenPlace {
  const { path = '' } = target;
  const probe = async (): Promise<string[]> => {
    envTextOf(path, readWhole(path, MOST_BYTES));
    await refuseCommittedLinks(path, env);
    const standing = await gitStanding(followLinks(path), env);
    if (standing === 'tracked') {
      throw new KeysError('refused', `git tracks ${path}: a secret would be in its next commit`, {
        hint: `git rm --cached ${basename(path)} and add it to .gitignore; or take another file`,
      });
    }
    return standing === 'not ignored' ? [`git does not ignore ${path}: add it to .gitignore`] : [];
  };
  const change = async (textIn: typeof textOf, edit: (text: string) => string) =>
    void (await changeFile(path, { maxBytes: MOST_BYTES, secret: true }, (before) =>
      Buffer.from(edit(textIn(path, before))),
    ));
  return {
    probe,
    async reserve() {
      const warnings = await probe();
      // A value of the usual length: missing rights and a full disk are found before a key is created.
      if (!tryWrite(path, 4096).readableByOthers) return warnings;
      return [...warnings, `others may read ${path}: it will be readable by its owner alone`];
    },
    async current() {
      const all = variablesIn(path);
      return Object.fromEntries(
        names.flatMap((name) => (all.get(name) ? [[name, all.get(name) ?? '']] : [])),
      );
    },
    async deliver(credential) {
      const parts = namedParts(credential, names);
      // Throws for a value that no env file can hold, before the file is read or changed.
      for (const [, value] of parts) dotenvValue(value);
      await change(envTextOf, (before) =>
        parts.reduce((text, [name, value]) => setVariable(text, name, value), before),
      );
    },
    async erase() {
      if (readWhole(path, MOST_BYTES) !== null)
        await change(textOf, (before) => names.reduce(removeVariable, before));
      return [];
    },
  };
}

/** What was read of each file, and as which: a plan reads every variable of a file that has hundreds. */
const read = new Map<string, { readonly state: string; readonly variables: ReadonlyMap<string, string> }>();

/** The variables of a file as it is now; it is parsed again only where it has changed. */
function variablesIn(path: string): ReadonlyMap<string, string> {
  const state = fileState(path)?.text ?? null;
  const known = read.get(path);
  if (known !== undefined && known.state === state) return known.variables;
  const variables = readVariables(textOf(path, readWhole(path, MOST_BYTES)));
  if (state === null) read.delete(path);
  else read.set(path, { state, variables });
  return variables;
}

/** Throws `refused` for a link that came with a repository: its author chose where it leads. */
async function refuseCommittedLinks(path: string, env: PlaceContext['env']): Promise<void> {
  for (const link of linksOn(path)) {
    if ((await gitStanding(link, env)) !== 'tracked') continue;
    const target = followLinks(path);
    throw new KeysError('refused', `${path} leads to ${target} by a link that git tracks: ${link}`, {
      hint: 'nothing was written; if that is where it should be written, name that path itself',
    });
  }
}

/** The text to write an assignment into. Throws `refused` for a file of another format. */
function envTextOf(path: string, bytes: Uint8Array | null): string {
  refuseOtherName(followLinks(path));
  const text = textOf(path, bytes);
  refuseOtherFormat(path, text);
  return text;
}

function textOf(path: string, bytes: Uint8Array | null): string {
  try {
    return bytes === null ? '' : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new KeysError('refused', `not an env file: ${path}: not UTF-8`);
  }
}
