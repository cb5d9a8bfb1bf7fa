import { accessSync, constants } from 'node:fs';
import { KeysError } from '../../domain/errors.js';
import { appendToFile } from '../../storage/files.js';
import { maskParts } from '../mask-printed.js';
import { namedParts, type PlaceKind } from '../place.js';
import { assignment } from '../shells.js';

/**
 * A variable for the later steps of a GitHub Actions job, or an output of this step, masked in the job's log.
 * The mask goes to stderr: the runner reads commands from both streams of a step, and stdout may be data.
 */
function jobPlace(
  id: string,
  title: string,
  file: 'GITHUB_ENV' | 'GITHUB_OUTPUT',
  example: string,
): PlaceKind {
  return {
    id,
    title,
    syntax: `${id}:NAME`,
    examples: [`${id}:${example}`],
    sources: [
      'actions/runner: src/Runner.Worker/Handlers/ScriptHandler.cs (both streams are read for commands)',
      'docs.github.com: Workflow commands for GitHub Actions',
    ],
    // The file is gone with the job.
    remembered: false,
    local: true,
    holds: 'variables',
    parse(rest) {
      const names = rest.split(',').filter((name) => name !== '');
      if (names.length <= 2) return { target: {}, names };
      throw new KeysError('usage', `more than two variables: ${rest}`, {
        hint: `${id}:NAME, or ${id}:ID,SECRET`,
      });
    },
    address: ({ names }) => names.join(','),
    open({ names }, { env, process: caller }) {
      const path = env[file];
      return {
        async probe() {
          if (!path) {
            throw new KeysError('usage', `this is not a step of a GitHub Actions job: ${file} is not set`, {
              hint: `elsewhere, deliver to a file (.env#${names[0] ?? 'NAME'}), or to a secret of a repository (github:OWNER/REPO#${names[0] ?? 'NAME'})`,
            });
          }
          try {
            accessSync(path, constants.W_OK);
          } catch (cause) {
            throw new KeysError('refused', `the file that ${file} names cannot be written: ${path}`, {
              cause,
            });
          }
          return [];
        },
        async deliver(credential) {
          // The mask comes first: it must be in force before anything else could print the secret.
          await maskParts(credential, caller.maskInLog);
          const lines = namedParts(credential, names).map(([name, value]) =>
            assignment('github', name, value),
          );
          appendToFile(path ?? '', lines.join(''));
        },
      };
    },
  };
}

export const githubEnv = jobPlace(
  'github-env',
  'a variable of the later steps of this GitHub job',
  'GITHUB_ENV',
  'WEB_API_KEY',
);
/** An output is no environment variable: its name is what expressions of a workflow take. */
export const githubOutput: PlaceKind = {
  ...jobPlace('github-output', 'an output of this step of a GitHub job', 'GITHUB_OUTPUT', 'web-api-key'),
  checkName(name) {
    if (/^[A-Za-z_][\w-]*$/.test(name)) return;
    throw new KeysError('usage', `not the name of an output: ${JSON.stringify(name)}`, {
      hint: 'letters, digits, - and _, such as github-output:web-api-key',
    });
  },
};
