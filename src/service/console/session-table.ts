import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../domain/clock.js';
import type { Key } from '../../domain/key.js';
import { sha256 } from '../../domain/sha256.js';
import type { Wording } from '../../domain/words.js';

/**
 * Milliseconds after which a session without requests ends, and so does a console that `keys console`
 * started.
 */
export const SESSION_IDLE_MS = 30 * 60_000;
/** Every session ends after this time. */
const LONGEST_MS = 12 * 3_600_000;
/** Most sessions at once; past that, the one unused for longest ends. */
const MOST = 1_000;
/** Most interrupted forms that a session keeps: one for each tab. */
const MOST_DRAFTS = 8;
/** Most forms of which a session remembers the key that they created. */
const MOST_FORMS = 100;

/** A form that was sent when its session had ended: it is shown again after the next sign-in. */
export interface Draft {
  /** The page that has the form. */
  readonly page: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface ConsoleSession {
  /** What the door returned at sign-in. */
  readonly subject: string;
  /** Each form of the session sends it back. */
  readonly token: string;
  readonly startedAt: number;
  usedAt: number;
  /** What the next page says once; null: nothing. */
  notice: string | null;
  /** Warnings of changes, by the id of the key whose page shows them once. */
  readonly said: Map<string, readonly Wording[]>;
  /** Interrupted forms, by the page that has the form. */
  readonly drafts: Map<string, Draft['fields']>;
  /** The key that each form has created, by the idempotency key of the form. */
  readonly created: Map<string, CreatedHere>;
}

export type CreatedHere = Pick<Key, 'id' | 'name'>;

/**
 * The sessions of this process, in memory. ConsoleSession ids are random, and only their digests are kept.
 */
export interface SessionTable {
  /**
   * Starts a session under a fresh id, which it returns: an id from before the sign-in is never taken over.
   */
  start(subject: string, draft: Draft | null): string;
  /** The session with this id; null if there is none or it has ended. */
  find(id: string | undefined): ConsoleSession | null;
  end(id: string | undefined): void;
}

export function createSessionTable(clock: Clock): SessionTable {
  /** In the order of their last use. */
  const sessions = new Map<string, ConsoleSession>();

  return {
    start(subject, draft) {
      const id = randomBytes(32).toString('base64url');
      const now = clock.now();
      const token = randomBytes(32).toString('base64url');
      if (sessions.size >= MOST) sessions.delete(sessions.keys().next().value ?? '');
      const drafts = new Map(draft === null ? [] : [[draft.page, draft.fields]]);
      const session = {
        ...{ subject, token, startedAt: now, usedAt: now, notice: null },
        ...{ said: new Map<string, readonly Wording[]>(), drafts, created: new Map() },
      };
      sessions.set(sha256(id), session);
      return id;
    },

    find(id) {
      if (id === undefined) return null;
      const digest = sha256(id);
      const session = sessions.get(digest);
      if (session === undefined) return null;
      sessions.delete(digest);
      const now = clock.now();
      if (now - session.usedAt >= SESSION_IDLE_MS || now - session.startedAt >= LONGEST_MS) return null;
      session.usedAt = now;
      sessions.set(digest, session);
      return session;
    },

    end(id) {
      if (id !== undefined) sessions.delete(sha256(id));
    },
  };
}

/** Adds an entry. With more than `most`, the oldest one is dropped. */
function keep<Value>(entries: Map<string, Value>, name: string, value: Value, most: number): void {
  if (entries.size >= most) entries.delete(entries.keys().next().value ?? '');
  entries.set(name, value);
}

/** Keeps a form until its page is opened. */
export function keepDraft({ drafts }: ConsoleSession, { page, fields }: Draft): void {
  keep(drafts, page, fields, MOST_DRAFTS);
}

/** Remembers which key a form has created: the form may be sent again. */
export function keepCreated({ created }: ConsoleSession, form: string, { id, name }: CreatedHere): void {
  keep(created, form, { id, name }, MOST_FORMS);
}

/** Keeps warnings until the page of the key is opened. */
export function keepSaid({ said }: ConsoleSession, id: string, warnings: readonly Wording[]): void {
  if (warnings.length > 0) keep(said, id, warnings, MOST_DRAFTS);
}

/** The warnings for the page of this key, once. */
export function takeSaid({ said }: ConsoleSession, id: string): readonly Wording[] {
  const warnings = said.get(id) ?? [];
  said.delete(id);
  return warnings;
}

/** Whether a form carries the token of its session. Compares in constant time. */
export function hasToken(session: ConsoleSession, token: string | undefined): boolean {
  const [sent, own] = [Buffer.from(token ?? ''), Buffer.from(session.token)];
  return sent.length === own.length && timingSafeEqual(sent, own);
}
