/**
 * Modules of Node's own that load slowly, each loaded at its first use: a list of keys and a help need none
 * of them.
 */
import { getBuiltinModule } from 'node:process';

/** Not `require`: to make one, Node loads the module system's own module first. */
export function nodeCrypto(): typeof import('node:crypto') {
  return getBuiltinModule('node:crypto');
}

export function nodeZlib(): typeof import('node:zlib') {
  return getBuiltinModule('node:zlib');
}
