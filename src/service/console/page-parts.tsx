import type { Child } from 'hono/jsx';
import type { Key } from '../../domain/key.js';
import { Note, type PageFrame, Text } from './components.js';

/** Leads back to a key, or to the list of keys. */
export function Crumb({ frame, of: key }: { readonly frame: PageFrame; readonly of?: Key }) {
  return (
    <p class="crumb">
      {key === undefined ? (
        <a href={`${frame.base}/keys`}>Keys</a>
      ) : (
        <a href={`${frame.base}/keys/${encodeURIComponent(key.id)}`}>
          <Text>{key.name || key.id}</Text>
        </a>
      )}
    </p>
  );
}

/** Says that the key of the page is the one that is signed in, and what follows from that. */
export function OwnKeyNote({ hint }: { readonly hint: string }) {
  return <Note notice={{ tone: 'warn', title: 'You are signed in with this key', hint }} />;
}

/** The button that sends a form, and the way back without it. */
export function Send({
  back,
  danger = false,
  children,
}: {
  /** Whole path of the page that the way back leads to. */
  readonly back: string;
  readonly danger?: boolean;
  readonly children: Child;
}) {
  return (
    <div class="actions">
      <button type="submit" class={danger ? 'danger primary' : 'primary'}>
        {children}
      </button>
      <a class="button" href={back}>
        Cancel
      </a>
    </div>
  );
}

/** One line of a record. */
export function Fact({ title, children }: { readonly title: string; readonly children: Child }) {
  return (
    <>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </>
  );
}
