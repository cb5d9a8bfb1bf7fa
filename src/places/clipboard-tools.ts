import { KeysError } from '../domain/errors.js';
import { clauses, option, words } from '../domain/words.js';
import { isOnPath } from '../storage/on-path.js';

/** Program and arguments. */
type Command = readonly [program: string, ...args: string[]];

/** How the clipboard of a desktop is written and read. */
export interface ClipboardTool {
  /** Takes the text from stdin. */
  readonly copy: Command;
  /** Prints the text. */
  readonly paste: Command;
  readonly clear?: Command;
}

/** For how long a secret stays in the clipboard. */
export const CLEAR_AFTER_SECONDS = 45;

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `platform`: Node's name for it. */
  readonly process: { readonly platform: string };
}

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
function candidates({ env }: Pick<Surroundings, 'env'>): readonly ClipboardTool[] {
  return [
    ...(env['WAYLAND_DISPLAY'] ? TOOLS.wayland : []),
    ...(env['DISPLAY'] ? TOOLS.x11 : []),
    ...TOOLS.mac,
    ...TOOLS.windows,
  ];
}

/** The first tool that is installed; undefined where there is none. */
function installedTool(here: Surroundings): ClipboardTool | undefined {
  // Windows comes with both programs.
  if (here.process.platform === 'win32') return TOOLS.windows[0];
  return candidates(here).find(({ copy }) => isOnPath(copy[0], here.env));
}

/** Whether a secret can be put into the clipboard of this desktop. */
export function hasClipboard(here: Surroundings): boolean {
  return installedTool(here) !== undefined;
}

/** The program that writes and reads the clipboard. Throws `usage` where there is none. */
export function clipboardTool(here: Surroundings): ClipboardTool {
  const tool = installedTool(here);
  if (tool !== undefined) return tool;
  throw new KeysError('usage', 'no clipboard program found', {
    hint: clauses(
      'install wl-clipboard, xclip or xsel, and run this in a desktop session',
      words`or use ${option('to', '.env')} or ${option('to', 'keychain')}`,
    ),
  });
}
