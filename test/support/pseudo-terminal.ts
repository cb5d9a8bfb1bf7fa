import { closeSync, constants, openSync } from 'node:fs';
import { type IPty, type IPtyForkOptions, spawn } from '@lydell/node-pty';

/**
 * A program on a pseudo-terminal, all of whose output is read. Once the program has closed its end, Node
 * takes what it reads for all there is: on a busy machine the last lines were lost once in thirty times. This
 * side keeps that end open until it has heard that the program has ended.
 */
export function startOnTerminal(program: string, args: readonly string[], options: IPtyForkOptions): IPty {
  const pty = spawn(program, [...args], options);
  // The name of its device, which the package has and its types leave out.
  const { ptsName } = pty as IPty & { readonly ptsName: string };
  const held = openSync(ptsName, constants.O_RDWR | constants.O_NOCTTY);
  pty.onExit(() => closeSync(held));
  return pty;
}
