/** A key in a file. It never holds the secret, nor enough of it to be used. */
export interface FoundSecret {
  /**
   * `ledger`: one that the ledger knows; `ours`: proved by prefix and checksum; `format`: a provider's
   * documented format.
   */
  readonly kind: 'ledger' | 'ours' | 'format';
  readonly provider: string;
  /** What it is, for people: `SendGrid API key`. */
  readonly title: string;
  /** The ledger's id and name of it, for the roll that ends it. */
  readonly keyId?: string;
  readonly keyName?: string;
  /** Its prefix, `…`, and at most the last four characters. */
  readonly masked: string;
  /** With `/`, from the scanned folder, or from the repository's top for staged content and history. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
  /** Full hash of the oldest commit that holds it in this file. Only in history. */
  readonly commit?: string;
  /** Whether git tracks the file. Only in a work tree of git. */
  readonly tracked?: boolean;
}

/** `large`: over the limit of bytes; `repository`: another repository in this one, such as a submodule. */
export type SkipReason = 'binary' | 'large' | 'unreadable' | 'repository';

/** A file that was not looked into: nothing is known of it. */
export interface Skipped {
  readonly kind: 'skipped';
  readonly file: string;
  readonly reason: SkipReason;
  readonly commit?: string;
}
