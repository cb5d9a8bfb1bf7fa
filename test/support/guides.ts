import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS } from '../../src/cli/man/man-page.js';

const ROOT = join(import.meta.dirname, '../..');

/** Documents for users, in the order that README names them: README, then each topic. */
export const GUIDES: readonly string[] = ['README.md', ...TOPICS.map((topic) => `man/keys-${topic}.7.md`)];

export function readGuide(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
