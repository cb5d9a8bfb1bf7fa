/**
 * Arguments for every git that this program starts: a repository's own configuration and hooks name programs that git would
 * run, and files that it would read. A repository may come from anybody.
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
