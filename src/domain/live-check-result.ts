import type { InvalidReason } from './key-service.js';
import type { Wording } from './words.js';

/** What a provider says of a key when it is used for a request that changes nothing. */
export type LiveCheckResult =
  | { readonly outcome: 'accepted' }
  /** 401, 402 or 403, with the provider's own words; `reason` where it says so precisely. */
  | {
      readonly outcome: 'refused';
      readonly status: number;
      readonly message: string;
      readonly reason?: InvalidReason;
    }
  /** Nothing was learnt: the network, a time-out, 429, 5xx. */
  | { readonly outcome: 'unreachable'; readonly message: string }
  /** The definition's own check is wrong, so nothing was learnt: its file and member, and what is wrong. */
  | { readonly outcome: 'mistaken'; readonly message: string }
  /** Nothing was sent: there is no such request, or no address to send it to. */
  | { readonly outcome: 'not_asked'; readonly message: Wording };
