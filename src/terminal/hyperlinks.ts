import type { TextSink } from './text-sink.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables by which terminals that follow OSC 8 links make themselves known. */
const KNOWN_VARIABLES = ['WT_SESSION', 'KONSOLE_VERSION', 'KITTY_WINDOW_ID', 'WEZTERM_PANE', 'DOMTERM'];
const KNOWN_PROGRAMS = ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'rio', 'zed', 'WarpTerminal'];
const KNOWN_TERMS = /^(alacritty|contour|foot|xterm-ghostty|xterm-kitty)/;
/** GNOME Terminal and others of its family, from 0.50 on. */
const FIRST_VTE = 5000;

/**
 * Whether addresses become links that a terminal opens at a click: FORCE_HYPERLINK, then NO_COLOR and CI,
 * then what is known of the terminal. Never where there is no terminal, or a dumb one.
 */
export function wantsHyperlinks(env: Environment, isTerminal: boolean): boolean {
  if (!isTerminal || env['TERM'] === 'dumb') return false;
  const forced = env['FORCE_HYPERLINK'];
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false';
  if (env['NO_COLOR'] || env['CI']) return false;
  return (
    KNOWN_VARIABLES.some((name) => env[name]) ||
    KNOWN_PROGRAMS.includes(env['TERM_PROGRAM'] ?? '') ||
    KNOWN_TERMS.test(env['TERM'] ?? '') ||
    Number(env['VTE_VERSION'] ?? 0) >= FIRST_VTE
  );
}

/**
 * An address in a text, without the punctuation of its sentence. It holds no control character, so it cannot
 * end the link early.
 */
const ADDRESS = /https?:\/\/[^\s\u0000-\u0020\u007f-\uffff'"`<>{}|\\^]*[A-Za-z0-9/_=&%#-]/g;

/** The rest of an address that a table has cut. */
const CUT = /^[^\s\u0000-\u0020]*…/;

/** The text with each whole address as a link to itself: what is shown is always what is opened. */
export function withHyperlinks(text: string): string {
  return text.replace(ADDRESS, (address, at: number) =>
    CUT.test(text.slice(at + address.length, at + address.length + 3))
      ? address
      : `\u001b]8;;${address}\u001b\\${address}\u001b]8;;\u001b\\`,
  );
}

/** The same sink, whose addresses are links. */
export function linkingSink(sink: TextSink): TextSink {
  return {
    isTerminal: sink.isTerminal,
    get columns() {
      return sink.columns;
    },
    write: (text) => sink.write(typeof text === 'string' ? withHyperlinks(text) : text),
  };
}
