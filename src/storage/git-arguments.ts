import { childEnvironment } from '../domain/child-environment.js';

/**
 * Arguments for every git that this program starts: a repository's own configuration and hooks name programs
 * that git would run, and files that it would read. A repository may come from anybody.
 */
export const GIT_ARGUMENTS: readonly string[] = [
  '--no-pager',
  ...[
    'core.fsmonitor=false',
    'core.sshCommand=false',
    'core.askPass=false',
    'core.alternateRefsCommand=false',
    'core.attributesFile=/dev/null',
    'core.editor=false',
    'core.pager=cat',
    'credential.helper=',
    'diff.external=',
    'gpg.program=false',
    'log.showSignature=false',
    'protocol.allow=never',
    'uploadpack.packObjectsHook=',
  ].flatMap((setting) => ['-c', setting]),
];

/** Further ones for every git but the one that is asked where the repository has its hooks. */
export const NO_HOOKS: readonly string[] = ['-c', 'core.hooksPath=/dev/null'];

/**
 * The environment for every git: without credentials of this tool, with messages in English and no questions.
 * A partial clone is not filled from elsewhere, because the program that fills it is named by the repository.
 * `GIT_ALLOW_PROTOCOL` beats the repository's own settings, which `protocol.allow` does not.
 */
export function gitEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const passedOn = Object.entries(childEnvironment(env)).filter(([name]) => !name.startsWith('KEYS_'));
  return {
    ...Object.fromEntries(passedOn),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  };
}
