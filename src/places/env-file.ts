import { basename } from 'node:path';
import { KeysError } from '../domain/errors.js';
import type { Credential } from '../domain/key.js';
import { changeFile, followLinks, readWhole, tryWrite } from '../storage/files.js';
import { type Destination, namedParts } from './destination.js';
import { setVariable } from './env-file-text.js';
import { gitStanding } from './git-standing.js';

export interface EnvFileOptions {
  readonly path: string;
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Most bytes of an env file. */
const MOST_BYTES = 1024 * 1024;

/**
 * A variable in an env file. The file is written whole beside itself and put in its own place, so that a reader has the old
 * or the new one; its other lines, mode, owner and link stay. A file that git tracks is refused.
 */
export function envFileDestination({ path, name, env }: EnvFileOptions): Destination {
  return {
    label: `env file ${path} (${name})`,

    async reserve() {
      read(path);
      const warnings = [];
      // Really tried, so that missing rights and a full disk are found before a key is created.
      if (tryWrite(path, 4096).readableByOthers) {
        warnings.push(`others may read ${path}: it will be readable by its owner alone`);
      }
      const standing = await gitStanding(followLinks(path), env);
      if (standing === 'tracked') {
        throw new KeysError('refused', `git tracks ${path}: a secret would be in its next commit`, {
          hint: `git rm --cached ${basename(path)} and add it to .gitignore; or take another file`,
        });
      }
      if (standing === 'not ignored') warnings.push(`git does not ignore ${path}: add it to .gitignore`);
      return warnings;
    },

    async deliver(credential: Credential) {
      await changeFile(path, { maxBytes: MOST_BYTES, secret: true }, (before) => {
        let text = before === null ? '' : textOf(path, before);
        for (const [variable, value] of namedParts(credential, name)) {
          text = setVariable(text, variable, value);
        }
        return Buffer.from(text);
      });
    },
  };
}

function read(path: string): string {
  const bytes = readWhole(path, MOST_BYTES);
  return bytes === null ? '' : textOf(path, bytes);
}

function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new KeysError('refused', `not an env file: ${path}: not UTF-8`);
  }
}
