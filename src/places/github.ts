import { accessSync, constants } from 'node:fs';
import { KeysError } from '../domain/errors.js';
import { type Credential, credentialParts } from '../domain/key.js';
import { appendToFile } from '../storage/files.js';
import { type Destination, namedParts } from './destination.js';
import { assignment } from './shells.js';

export interface GithubOptions {
  readonly file: 'GITHUB_ENV' | 'GITHUB_OUTPUT';
  readonly name: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Prints to the job's log: the mask command must be there before anything else could print the secret. */
  readonly print: (text: string) => Promise<void>;
}

/** A variable for the later steps of a GitHub Actions job, masked in its log. */
export function githubDestination({ file, name, env, print }: GithubOptions): Destination {
  const path = env[file];
  return {
    label: `${file} (${name})`,

    async reserve() {
      if (!path) {
        throw new KeysError('usage', `${file} is not set: this is not a step of a GitHub Actions job`);
      }
      try {
        accessSync(path, constants.W_OK);
      } catch (cause) {
        throw new KeysError('refused', `the file that ${file} names cannot be written: ${path}`, { cause });
      }
      return [];
    },

    async deliver(credential: Credential) {
      for (const part of credentialParts(credential)) await print(`::add-mask::${part}\n`);
      const lines = namedParts(credential, name).map(([variable, value]) =>
        assignment('github', variable, value),
      );
      appendToFile(path ?? '', lines.join(''));
    },
  };
}
