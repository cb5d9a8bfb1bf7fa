/** From the least to the worst. */
export const SEVERITIES = ['low', 'medium', 'high'] as const;
export type Severity = (typeof SEVERITIES)[number];

export function isAtLeast(severity: Severity, level: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(level);
}

export interface Rule {
  readonly severity: Severity;
  /** A few words, for headings. */
  readonly title: string;
  /** Why it matters and what to do, in full sentences. */
  readonly explanation: string;
  /** Who says so. */
  readonly source: string;
  readonly url: string | null;
}

const KEY_ENDPOINTS = { source: 'the documented key endpoints: security best practices', url: null };
const SWIFTSELL = { source: 'Swiftsell: managing API keys', url: 'https://app.swiftsellai.com' };
const JAHUTY = { source: 'Jahuty: API keys', url: 'https://docs.jahuty.com' };
const TYLT = { source: 'Tylt: API keys', url: 'https://docs.tylt.money' };
const TRUST_SWIFTLY = { source: 'Trust Swiftly: API keys', url: 'https://docs.trustswiftly.com' };
const OWASP = {
  source: 'OWASP: secrets management',
  url: 'https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html',
};

/** Every rule by its id. The severity is the usual one; a finding may have another. */
export const RULES = {
  'too-old': {
    severity: 'medium',
    title: 'key too old',
    explanation:
      'The longer a key lives, the more places have seen it. Keys are rotated every 90 days (--max-age); keys roll does so without an outage.',
    ...KEY_ENDPOINTS,
  },
  unused: {
    severity: 'medium',
    title: 'key no longer used',
    explanation:
      'A key that nothing has used for 30 days (--unused) protects nothing and can only leak. Look at its last use, then delete it.',
    ...SWIFTSELL,
  },
  'never-used': {
    severity: 'low',
    title: 'key never used',
    explanation:
      'A week after it was made, nothing has used this key. Either it never reached its integration, or nobody needs it.',
    ...SWIFTSELL,
  },
  expiring: {
    severity: 'medium',
    title: 'key ends soon',
    explanation:
      'Within 14 days this key ends, and what uses it ends with it. Roll it while the old one still works.',
    ...JAHUTY,
  },
  'expired-not-deleted': {
    severity: 'low',
    title: 'ended key not deleted',
    explanation:
      'An ended key that stays in the list hides the ones that matter, and its expiry can be moved back. Delete it.',
    ...SWIFTSELL,
  },
  'no-expiry': {
    severity: 'low',
    title: 'key without an end',
    explanation: 'A key without an expiry works until somebody remembers it. With one, forgetting is safe.',
    ...OWASP,
  },
  'retiring-overdue': {
    severity: 'high',
    title: 'old key outlives its roll',
    explanation:
      'A roll was begun and not finished: the old key should have ended, or the new one has not arrived. keys resume finishes it.',
    ...JAHUTY,
  },
  'over-broad': {
    severity: 'medium',
    title: 'key may do too much',
    explanation:
      'A key with every right, one that manages keys from anywhere, or one that nothing restricts does the most harm when it leaks. Give it the scopes it needs, and restrict it to addresses, referrers or endpoints.',
    ...KEY_ENDPOINTS,
  },
  shared: {
    severity: 'high',
    title: 'one key in several places',
    explanation:
      'A key that several integrations share cannot be ended for one of them, and its use says nothing of who used it. One key for each integration.',
    ...JAHUTY,
  },
  unnamed: {
    severity: 'low',
    title: 'key without a telling name',
    explanation:
      'Nobody dares to end a key of which nobody knows what it is for. Name it after its integration.',
    ...TRUST_SWIFTLY,
  },
  'duplicate-name': {
    severity: 'low',
    title: 'two keys of one name',
    explanation: 'Of two keys of one name, sooner or later the wrong one is ended. A name for each.',
    ...TRUST_SWIFTLY,
  },
  'test-key-in-live': {
    severity: 'medium',
    title: 'test key in production',
    explanation:
      'A key of the test environment where production is meant: what it does is not kept, and its guards are weaker. A key for each environment.',
    ...TYLT,
  },
  'live-key-in-test': {
    severity: 'medium',
    title: 'live key in a test',
    explanation:
      'A live key where tests are meant: a test that goes wrong goes wrong in production, and test machines are guarded less. A key for each environment.',
    ...TYLT,
  },
  'live-key-refused': {
    severity: 'medium',
    title: 'live key refused',
    explanation:
      'The service refused requests with this key in the last seven days. Either an integration is set up wrongly, or somebody tries what the key may not do. keys events shows when and why.',
    ...KEY_ENDPOINTS,
  },
  'live-key-new-address': {
    severity: 'low',
    title: 'live key used from a new address',
    explanation:
      'In the last seven days an address used this key for the first time. If you do not know the address, roll the key with --now. If you do, restrict the key to its addresses.',
    ...KEY_ENDPOINTS,
  },
  'plaintext-credential': {
    severity: 'high',
    title: 'own credential in a file',
    explanation:
      "The credential with which keys manages a service's keys is in a file instead of the OS keychain. keys login moves it.",
    source: 'CWE-312: cleartext storage of sensitive information',
    url: 'https://cwe.mitre.org/data/definitions/312.html',
  },
  'unknown-owner': {
    severity: 'medium',
    title: 'key that the ledger does not know',
    explanation:
      'The service has this key, and the ledger of this machine does not: it was made elsewhere, by somebody else, or by an intruder. Take it in with keys import, or end it.',
    ...OWASP,
  },
  'in-repository': {
    severity: 'high',
    title: 'key in version control',
    explanation:
      'Whoever has the repository has the key, in every clone and for good: deleting the line does not help. End the key at once, then take the line out.',
    source: 'CWE-798: use of hard-coded credentials',
    url: 'https://cwe.mitre.org/data/definitions/798.html',
  },
  'stale-ignore': {
    severity: 'low',
    title: 'stale ignore',
    explanation:
      'An ignore in the config file has expired, or matches nothing any more: what it once excused may come back unseen. Take it out, or give it a new date.',
    source: 'keys',
    url: null,
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;
export const RULE_IDS = Object.keys(RULES) as RuleId[];
