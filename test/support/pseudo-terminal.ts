import { closeSync, constants, openSync } from 'node:fs';
import { type IPty, type IPtyForkOptions, spawn } from '@lydell/node-pty';

/**
 * A program on a pseudo-terminal, all of whose output is read. Node takes a terminal that nobody holds open
 * any more for one whose output was all read, so that the last lines of a program that ends were lost once in
 * thirty times on a busy machine: this side holds it open until it has heard that the program has ended.
 */
export function startOnTerminal(program: string, args: readonly string[], options: IPtyForkOptions): IPty {
  const pty = spawn(program, [...args], options);
  // The name of its device, which the package has and its types leave out.
  const { ptsName } = pty as IPty & { readonly ptsName: string };
  const held = openSync(ptsName, constants.O_RDWR | constants.O_NOCTTY);
  pty.onExit(() => closeSync(held));
  return pty;
}
