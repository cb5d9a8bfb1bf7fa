import { spawn } from 'node:child_process';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../domain/child-environment.js';
import { KeysError } from '../../domain/errors.js';
import { type Credential, credentialParts } from '../../domain/key.js';
import { createRedactor } from '../../domain/redactor.js';
import { sha256 } from '../../domain/sha256.js';
import { clauses, option, words } from '../../domain/words.js';
import { CLEAR_AFTER_SECONDS, type ClipboardTool, clipboardTool } from '../clipboard-tools.js';
import type { PlaceContext, PlaceKind } from '../place.js';
import { runChild } from '../run-child.js';

/** What the clipboard is cleared with, on stdin of `clear-clipboard`. It holds no secret. */
export interface ClearOrder extends ClipboardTool {
  readonly sha256: string;
  readonly delayMs: number;
}

const CLEARER = new URL('./clear-clipboard.cjs', import.meta.url);

type ClipboardContext = Pick<PlaceContext, 'env' | 'output' | 'process'>;

/**
 * The clipboard of this desktop, for a moment: a secret that is pasted elsewhere at once need not be on the
 * screen.
 */
export const clipboard: PlaceKind = {
  id: 'clipboard',
  title: 'the clipboard, cleared after 45 seconds',
  syntax: 'clipboard',
  examples: ['clipboard'],
  sources: [
    'man pages of wl-copy(1), xclip(1), xsel(1) and pbcopy(1)',
    'learn.microsoft.com: clip, Get-Clipboard',
  ],
  remembered: false,
  local: true,
  holds: 'credential',
  parse(rest) {
    if (rest === '') return { target: {}, names: [] };
    throw new KeysError('usage', 'the clipboard takes no address', { hint: 'the word alone: clipboard' });
  },
  address: () => '',
  open: (_place, context) => ({
    async probe() {
      await refuseWithoutDesktop(context);
      return [];
    },
    deliver: (credential) => copySecret(credential, context),
  }),
};

/** What the programs say where they reach no desktop, as over SSH with the variables of another session. */
const NO_DESKTOP = /open display|connect to a wayland|XDG_RUNTIME_DIR/i;

/** Throws `usage` where there is no program for the clipboard, or where it reaches no desktop. */
async function refuseWithoutDesktop(context: ClipboardContext): Promise<void> {
  const [program, ...args] = clipboardTool(context).paste;
  // Reading is all that can be tried: what the person has copied must stay. An empty clipboard fails too.
  const { failure, stderr } = await runChild(
    { command: { program, args }, directory: context.process.directory, input: '', timeoutMs: 3_000 },
    context,
  );
  if (failure === null || !NO_DESKTOP.test(stderr)) return;
  throw new KeysError('usage', `the clipboard cannot be used: ${firstLine(stderr)}`, {
    hint: clauses(
      'run this in a desktop session',
      words`or use ${option('to', '.env')} or ${option('to', 'keychain')}`,
    ),
  });
}

/** What a program says first, without its own name before it. */
function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n', 1);
  return line.replace(/^((wl-copy|wl-paste|xclip|xsel|error): )+/i, '').slice(0, 200);
}

/**
 * Puts a secret into the clipboard and has it cleared later. Throws `usage` without a clipboard, and
 * `delivery_failed`.
 */
export async function copySecret(credential: Credential, context: ClipboardContext): Promise<void> {
  const tool = clipboardTool(context);
  const text = credentialParts(credential).join('\n');
  const [program, ...args] = tool.copy;
  const child = { command: { program, args }, directory: context.process.directory, input: text };
  const { failure, stderr } = await runChild({ ...child, timeoutMs: 10_000 }, context);
  if (failure !== null) {
    const redactor = createRedactor();
    redactor.add(...credentialParts(credential));
    const reason = firstLine(redactor.redact(stderr));
    throw new KeysError('delivery_failed', `${program} ${failure}${reason === '' ? '' : `: ${reason}`}`);
  }
  clearLater({ ...tool, sha256: sha256(text), delayMs: CLEAR_AFTER_SECONDS * 1_000 }, context);
  context.output.say(
    `the secret is in the clipboard for ${CLEAR_AFTER_SECONDS} seconds: paste it now, it cannot be shown again`,
  );
}

/**
 * Leaves a program behind that clears the clipboard if the secret is still there. This call need not wait for
 * it.
 */
function clearLater(order: ClearOrder, { env }: Pick<PlaceContext, 'env'>): void {
  const child = spawn(execPath, [fileURLToPath(CLEARER)], {
    env: childEnvironment(env),
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.stdin.end(JSON.stringify(order));
  child.unref();
}
