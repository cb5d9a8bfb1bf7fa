import { spawn } from 'node:child_process';
import { execPath, platform } from 'node:process';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../domain/child-environment.js';
import { KeysError } from '../../domain/errors.js';
import { credentialParts } from '../../domain/key.js';
import { sha256 } from '../../domain/sha256.js';
import type { PlaceContext, PlaceKind } from '../place.js';
import { runChild } from '../run-child.js';

/** Program and arguments. */
type Command = readonly [program: string, ...args: string[]];

export interface ClipboardTool {
  /** Takes the text from stdin. */
  readonly copy: Command;
  /** Prints the text. */
  readonly paste: Command;
  readonly clear?: Command;
}

/** What the clipboard is cleared with, on stdin of `clear-clipboard`. It holds no secret. */
export interface ClearOrder extends ClipboardTool {
  readonly sha256: string;
  readonly delayMs: number;
}

const CLEAR_AFTER_SECONDS = 45;
const CLEARER = new URL('./clear-clipboard.cjs', import.meta.url);

const POWERSHELL = ['-NoProfile', '-Command', 'Get-Clipboard -Raw'] as const;
const TOOLS = {
  mac: [{ copy: ['pbcopy'], paste: ['pbpaste'] }],
  windows: [{ copy: ['clip.exe'], paste: ['powershell.exe', ...POWERSHELL] }],
  wayland: [{ copy: ['wl-copy'], paste: ['wl-paste', '--no-newline'], clear: ['wl-copy', '--clear'] }],
  x11: [
    { copy: ['xclip', '-selection', 'clipboard'], paste: ['xclip', '-selection', 'clipboard', '-o'] },
    { copy: ['xsel', '--clipboard', '--input'], paste: ['xsel', '--clipboard', '--output'] },
  ],
} as const satisfies Record<string, readonly ClipboardTool[]>;

/** Tools that may be there, the best first. */
function candidates(env: PlaceContext['env']): readonly ClipboardTool[] {
  return [
    ...(env['WAYLAND_DISPLAY'] ? TOOLS.wayland : []),
    ...(env['DISPLAY'] ? TOOLS.x11 : []),
    ...TOOLS.mac,
    ...TOOLS.windows,
  ];
}

/** The clipboard of this desktop, for a moment: a secret that is pasted elsewhere at once need not be on the screen. */
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
    throw new KeysError('usage', 'the clipboard takes no address', { hint: '--to clipboard' });
  },
  address: () => '',
  open: (_place, context) => ({
    async probe() {
      await findTool(context);
      return [];
    },
    async deliver(credential) {
      const tool = await findTool(context);
      const text = credentialParts(credential).join('\n');
      const [program, ...args] = tool.copy;
      const child = { command: { program, args }, directory: context.process.directory, input: text };
      const { failure } = await runChild({ ...child, timeoutMs: 10_000 }, context);
      if (failure !== null) throw new KeysError('delivery_failed', `${program} ${failure}`);
      clearLater({ ...tool, sha256: sha256(text), delayMs: CLEAR_AFTER_SECONDS * 1_000 }, context);
      context.output.say(
        `the secret is in the clipboard for ${CLEAR_AFTER_SECONDS} seconds: paste it now, it cannot be shown again`,
      );
    },
  }),
};

/** The first tool that is installed. Throws `usage`. */
async function findTool(context: PlaceContext): Promise<ClipboardTool> {
  // Windows comes with both programs.
  if (platform === 'win32') return TOOLS.windows[0];
  const { directory } = context.process;
  for (const tool of candidates(context.env)) {
    const [program] = tool.copy;
    const looked = { command: { line: `command -v ${program}` }, directory, input: '', timeoutMs: 60_000 };
    if ((await runChild(looked, context)).failure === null) return tool;
  }
  throw new KeysError('usage', 'no clipboard program found', {
    hint: 'install wl-clipboard, xclip or xsel, and run this in a desktop session; or use --to .env or --to keychain',
  });
}

/** Leaves a program behind that clears the clipboard if the secret is still there. This call need not wait for it. */
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
