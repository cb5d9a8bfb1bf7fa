import { KeysError } from '../../domain/errors.js';
import type { SqlSession } from '../sql/sql-database.js';
import { readJsonFact } from './facts.js';
import { ledgerMove } from './stored-shapes.js';

/** Where a ledger was moved, written into it before the copy begins. */
export interface LedgerMove {
  /** Random, so that a move that was interrupted is recognised at its target. */
  readonly id: string;
  /** Where it went, without a password. */
  readonly to: string;
  readonly at: string;
}

/** The move of a ledger that was moved away; null: it is in use. */
export async function moveOf(session: Pick<SqlSession, 'all'>): Promise<LedgerMove | null> {
  return await readJsonFact<LedgerMove>(session, 'moved', ledgerMove);
}

/** Throws `refused` for a ledger that was moved away, so that no key is managed in two ledgers. */
export async function refuseMoved(session: Pick<SqlSession, 'all'>): Promise<void> {
  const move = await moveOf(session);
  if (move === null) return;
  throw new KeysError('refused', `this ledger was moved to ${move.to} at ${move.at}`, {
    next: 'follow_ledger',
    details: { to: move.to },
  });
}
