/** From the least to the most severe. */
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
  /** The document that the rule comes from. */
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
      'The older a key, the more people and programs have seen it. Roll a key before it is older than --max-age says (default: 90 days). keys roll causes no outage.',
    ...KEY_ENDPOINTS,
  },
  unused: {
    severity: 'medium',
    title: 'key no longer used',
    explanation:
      'Nothing has used this key for as long as --unused says (default: 30 days). It can only leak. Check its last use, then revoke it.',
    ...SWIFTSELL,
  },
  'never-used': {
    severity: 'low',
    title: 'key never used',
    explanation:
      'Nothing has used this key since it was created, for as long as never_used in the config says (default: a week). Either it never reached its integration, or nobody needs it.',
    ...SWIFTSELL,
  },
  expiring: {
    severity: 'medium',
    title: 'key expires soon',
    explanation:
      'This key expires soon: within the time that expiring in the config says (default: 14 days). Programs that use it will fail then. Roll it while the old key still works.',
    ...JAHUTY,
  },
  'expired-not-deleted': {
    severity: 'low',
    title: 'expired key not deleted',
    explanation:
      'Expired keys in the list hide the keys that matter, and somebody can extend their expiry. Delete this key with keys revoke.',
    ...SWIFTSELL,
  },
  'no-expiry': {
    severity: 'low',
    title: 'key without an expiry',
    explanation:
      'A key without an expiry works until somebody revokes it. A key with an expiry stops working even if it is forgotten.',
    ...OWASP,
  },
  'retiring-overdue': {
    severity: 'high',
    title: 'old key outlives its grace period',
    explanation:
      'A roll was started and not finished. Either the old key should have stopped working, or the new key was not delivered. keys resume finishes the roll. A rolled key of a dashboard works until somebody deletes it: keys revoke shows the steps.',
    ...JAHUTY,
  },
  'over-broad': {
    severity: 'medium',
    title: 'key has too many permissions',
    explanation:
      'A leak of this key does the most harm: it has all scopes, can manage keys from anywhere, or has no restrictions. Give it only the scopes that it needs. Restrict it to addresses, referrers or endpoints.',
    ...KEY_ENDPOINTS,
  },
  shared: {
    severity: 'high',
    title: 'one key in several places',
    explanation:
      'If integrations share a key, you cannot revoke it for one of them or see which of them used it. Create one key for each integration. If a service has moved, keys ledger readdress moves its keys to the new address.',
    ...JAHUTY,
  },
  unnamed: {
    severity: 'low',
    title: 'key with a meaningless name',
    explanation: 'A key with a meaningless name is hard to revoke safely. Name it after its integration.',
    ...TRUST_SWIFTLY,
  },
  'duplicate-name': {
    severity: 'low',
    title: 'two keys with the same name',
    explanation:
      'If two keys have the same name, sooner or later somebody revokes the wrong one. Give each key its own name.',
    ...TRUST_SWIFTLY,
  },
  'test-key-in-live': {
    severity: 'medium',
    title: 'test key in production',
    explanation:
      'Production uses a key of the test environment. Its data is not kept, and test keys are less protected. Create a key for each environment, replace this one wherever it is used, then revoke it.',
    ...TYLT,
  },
  'live-key-in-test': {
    severity: 'medium',
    title: 'live key in a test',
    explanation:
      'A test uses a live key. A failing test can damage production, and test machines are less protected. Create a key for each environment, replace this one wherever it is used, then revoke it.',
    ...TYLT,
  },
  'live-key-refused': {
    severity: 'medium',
    title: 'live key refused',
    explanation:
      'The service refused requests with this key in the last seven days. Either an integration is configured wrongly, or somebody uses the key for requests that it is not allowed to make, or after it was revoked. keys events shows when and why.',
    ...KEY_ENDPOINTS,
  },
  'live-key-new-address': {
    severity: 'low',
    title: 'live key used from a new address',
    explanation:
      'In the last seven days another address than the first one used this key for the first time. If you do not know the address, roll the key with --now. If you do, restrict the key to its addresses.',
    ...KEY_ENDPOINTS,
  },
  'plaintext-credential': {
    severity: 'high',
    title: 'own credential in a file',
    explanation:
      "The credential that keys manages a service's keys with is in a file instead of the OS keychain. keys login moves it.",
    source: 'CWE-312: cleartext storage of sensitive information',
    url: 'https://cwe.mitre.org/data/definitions/312.html',
  },
  'unknown-owner': {
    severity: 'medium',
    title: 'key that is not in the ledger',
    explanation:
      'The service has this key, but the ledger of this machine does not. It was created on another machine, by somebody else, or by an intruder. Add it with keys import, or revoke it.',
    ...OWASP,
  },
  'in-repository': {
    severity: 'high',
    title: 'key in version control',
    explanation:
      'Everyone with a copy of the repository has the key. Deleting the line does not help: the key stays in the history of every clone. Revoke the key now, then remove the line.',
    source: 'CWE-798: use of hard-coded credentials',
    url: 'https://cwe.mitre.org/data/definitions/798.html',
  },
  'stale-ignore': {
    severity: 'low',
    title: 'stale ignore',
    explanation:
      'An ignore in the config file has expired or matches nothing. It could hide a new finding. Remove it, or give it a new date.',
    source: 'keys',
    url: null,
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleId = keyof typeof RULES;
export const RULE_IDS = Object.keys(RULES) as RuleId[];
