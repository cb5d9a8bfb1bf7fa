import type { Child } from 'hono/jsx';
import type { Key } from '../../domain/key.js';
import { visibleText } from '../../domain/visible-text.js';
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

/** What a profile needs before its own key can be stopped: the console refuses it until then. */
export const LOG_IN_FIRST = 'It cannot be stopped from here until you log in with another key: `keys login`';

/**
 * Says that the key of the page is the one in use, and what follows from that. A console of several services
 * has a session of its own: there, the key is the credential of the service's profile.
 */
export function OwnKeyNote({
  frame,
  hint,
  profileHint,
}: {
  readonly frame: PageFrame;
  /** What follows for somebody who is signed in with the key. */
  readonly hint: string;
  /** What follows for the profile. */
  readonly profileHint: string;
}) {
  const mine = frame.home === null;
  const title = mine ? 'You are signed in with this key' : `keys signs in to ${frame.service} with this key`;
  return <Note notice={{ tone: 'warn', title, hint: mine ? hint : profileHint }} />;
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

/**
 * A name as people type it: invisible characters as their escapes, and each run of white space as one space.
 */
export function typedText(name: string): string {
  return visibleText(name.normalize()).replaceAll(/\s+/g, ' ').trim();
}

/** The field in which the name is typed out; the script lets the button be pressed once it fits. */
export function TypeToConfirm({ name, typed }: { readonly name: string; readonly typed: string }) {
  return (
    <div class="field">
      <label for="confirm">
        Type{' '}
        <code>
          <Text>{name}</Text>
        </code>{' '}
        to confirm
      </label>
      <input id="confirm" name="confirm" value={typed} required autofocus data-expected={typedText(name)} />
    </div>
  );
}
