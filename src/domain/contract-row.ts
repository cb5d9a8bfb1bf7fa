/** One rule of the contract, as one service keeps it. */
export interface ContractRow {
  readonly rule: string;
  /**
   * `not_offered`: the provider says that it has no way, so that there is nothing to keep. `not_seen`: what
   * the rule is about was not there, and that may be right.
   */
  readonly outcome: 'holds' | 'broken' | 'not_offered' | 'not_seen';
  /** What was found instead, or why there is nothing to look at; never a secret. */
  readonly detail?: string;
}
