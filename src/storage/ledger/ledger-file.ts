/** The ledger's name in the data directory. */
export const LEDGER_FILE = 'ledger.db';
