import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from './temporary-folder.js';

/** No setting of the machine's reaches git but its PATH. */
export const GIT_ENV = {
  PATH: process.env['PATH'] ?? '',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_LITERAL_PATHSPECS: '1',
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'user.name',
  GIT_CONFIG_VALUE_0: 'Test',
  GIT_CONFIG_KEY_1: 'user.email',
  GIT_CONFIG_VALUE_1: 'test@example.com',
};

/** A real git repository in a temporary folder. */
export interface GitRepository {
  readonly root: string;
  git(...args: string[]): string;
  write(file: string, content: string | Buffer): void;
  /** Writes, adds and commits; gives the commit's hash. */
  commit(file: string, content: string | Buffer): string;
}

export function gitRepository(): GitRepository {
  const root = temporaryFolder();
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, env: GIT_ENV, encoding: 'utf8', stdio: 'pipe' }).trim();
  git('init', '--quiet', '--initial-branch=main');
  const write = (file: string, content: string | Buffer) => writeIn(root, file, content);
  return {
    root,
    git,
    write,
    commit(file, content) {
      write(file, content);
      git('add', '--force', '--', file);
      git('commit', '--quiet', '-m', `change ${file}`);
      return git('rev-parse', 'HEAD');
    },
  };
}

export function writeIn(root: string, file: string, content: string | Buffer): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), content);
}
