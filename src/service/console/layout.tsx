import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { visibleText } from '../../domain/visible-text.js';
import { Form, Framed, type PageFrame, Text } from './components.js';
import type { ConsoleAccount } from './console-account.js';
import { SCRIPT } from './script.js';
import { CONSOLE_STYLE } from './style.js';

const ICON = encodeURIComponent(
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path fill='none' stroke='#2757c9' stroke-width='2' stroke-linecap='round' d='M8.2 7.8 14 2m-2.5 2.5 2 2M8.5 10.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z'/></svg>",
);

const PAGES = [
  ['keys', 'Keys'],
  ['pending', 'Pending'],
  ['events', 'Events'],
  ['audit', 'Audit'],
] as const;
export type Section = (typeof PAGES)[number][0];

/** The pages that a caller may open. */
export function sectionsOf({ may, ledger }: Pick<ConsoleAccount, 'may' | 'ledger'>): readonly Section[] {
  return PAGES.map(([section]) => section).filter((section) => {
    if (section === 'pending') return ledger !== undefined;
    return may.read || section === 'keys';
  });
}

/** Who is signed in, and which of the pages is open. */
export interface Chrome {
  readonly who: string;
  /** `services` and `all`: the pages over every service; null: none of the menu. */
  readonly section: Section | 'services' | 'all' | null;
  /** The pages of the menu. */
  readonly sections: readonly Section[];
}

/** A whole page as HTML text. Without `chrome` nobody is signed in. */
export function renderPage(
  frame: PageFrame,
  title: string,
  content: Child,
  chrome: Chrome | null = null,
): string {
  const page = (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>{`${visibleText(title)} · keys`}</title>
        <link rel="icon" href={`data:image/svg+xml,${ICON}`} />
        <style>{raw(CONSOLE_STYLE)}</style>
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {chrome === null ? null : <Header frame={frame} chrome={chrome} />}
        <main id="main" tabindex={-1}>
          <Framed.Provider value={frame}>{content}</Framed.Provider>
        </main>
        <div id="live" class="sr" role="status" />
        <script type="module">{raw(SCRIPT)}</script>
      </body>
    </html>
  );
  return `<!doctype html>${page}`;
}

function Header({ frame, chrome }: { readonly frame: PageFrame; readonly chrome: Chrome }) {
  return (
    <header class="bar">
      <div>
        <a class="brand" href={frame.home ?? `${frame.base}/keys`}>
          <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
            <path
              fill="none"
              stroke="currentColor"
              stroke-width="1.8"
              stroke-linecap="round"
              d="M8.2 7.8 14 2m-2.5 2.5 2 2M8.5 10.5a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z"
            />
          </svg>
          keys
        </a>
        <nav aria-label="Pages">
          {frame.home === null ? null : (
            <>
              <a href={frame.home} aria-current={chrome.section === 'services' ? 'page' : undefined}>
                Services
              </a>
              <a href={`${frame.home}/keys`} aria-current={chrome.section === 'all' ? 'page' : undefined}>
                All keys
              </a>
            </>
          )}
          {PAGES.filter(([path]) => chrome.sections.includes(path)).map(([path, title]) => (
            <a href={`${frame.base}/${path}`} aria-current={path === chrome.section ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="me">
          <Text>{chrome.who}</Text>
          <Form frame={{ ...frame, base: frame.home ?? frame.base }} action="/sign-out">
            <button type="submit" class="plain">
              Sign out
            </button>
          </Form>
        </div>
      </div>
    </header>
  );
}
