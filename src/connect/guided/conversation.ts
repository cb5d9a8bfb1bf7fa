import type { Credential } from '../../domain/key.js';
import type { CredentialFormat } from '../../domain/provider.js';

/** What a guided operation needs of the person who carries it out. */
export interface Conversation {
  /**
   * Loads what the paste needs. The terminal shows what is pasted before the prompt is there, so the prompt
   * must follow the steps at once.
   */
  prepare(): Promise<void>;
  /** Lines that say what to do, in order. */
  steps(title: string, lines: readonly string[]): void;
  say(line: string): void;
  warn(line: string): void;
  /** Opens a page where a browser can be opened, and says its address in any case. */
  open(url: string): Promise<void>;
  /**
   * The pasted key, from a masked prompt or from stdin (a pair: a line each), cleaned of what pasting adds.
   * `check` throws what is wrong with it; on a terminal it is asked for again.
   */
  paste(format: CredentialFormat, check: (credential: Credential) => Promise<void>): Promise<Credential>;
  /** Resolves on yes; throws `declined` on no, `missing_answer` without a terminal. */
  confirm(question: string): Promise<void>;
}
