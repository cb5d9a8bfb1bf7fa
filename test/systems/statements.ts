/** A test by its file under test/ and its title. */
type Proof = readonly [file: string, title: string];

/**
 * `holds`: a test proves it. `decision`: `keys` differs or does not enforce it, for the reason. `not ours`:
 * it is about something else.
 */
export interface Statement {
  readonly says: string;
  readonly verdict: 'holds' | 'decision' | 'not ours';
  readonly reason?: string;
  readonly proofs: readonly Proof[];
}

interface Paragraph {
  readonly title: string;
  readonly statements: readonly Statement[];
}

export interface Page {
  /** File in the documents that the project began from. */
  readonly file: string;
  readonly system: string;
  readonly paragraphs: readonly Paragraph[];
}

const holds = (says: string, ...proofs: Proof[]): Statement => ({ says, verdict: 'holds', proofs });
const decision = (says: string, reason: string, ...proofs: Proof[]): Statement => ({
  ...{ says, verdict: 'decision', reason, proofs },
});
const notOurs = (says: string, reason: string): Statement => ({
  says,
  verdict: 'not ours',
  reason,
  proofs: [],
});

const POLICIES = 'systems/policies.test.ts';
const FACTS = 'systems/facts.test.ts';
const GUIDED = 'connect/guided.test.ts';
const REFUSALS = 'service/refusals.test.ts';
const LIFE: Proof = ['systems/life.test.ts', 'lives: create, use, list, roll, use both, revoke, refused'];
const BY_HAND: Proof = [GUIDED, 'is guided through create, and is then a key like any other'];
const ONCE: Proof = [
  POLICIES,
  '%s: needs a name, shows a secret once, and keeps management keys as they are',
];
const REVOKED: Proof = [POLICIES, '%s: a key that was revoked gets 401 at the next request'];
const KEYCHAIN: Proof = [GUIDED, 'keeps the secret there, and nowhere else'];
const NO_ARGUMENT: Proof = [
  'storage/tool-credential.test.ts',
  'a credential on the command line is refused and not repeated: %s',
];
const GUARD: Proof = [
  'cli/guard.test.ts',
  'stops a commit with a key, says where it is and how to end it, and lets the others pass',
];
const UNUSED: Proof = ['audit/rules.test.ts', "'unused', 'for longer'"];
const OLD: Proof = ['audit/rules.test.ts', "'too-old', 'over it'"];
const BY_SUCCESSOR: Proof = [GUIDED, '%s: create, update the integration, delete the old'];
const GROUND =
  'where a person puts a key is outside of the program; it keeps keys out of its own output and finds them in repositories';

const ENDPOINTS: Page = {
  file: 'documented-endpoints.txt',
  system: 'keys',
  paragraphs: [
    {
      title: 'API Keys',
      statements: [
        holds('A key authenticates requests of the account that it belongs to.', LIFE),
        holds('Keys are managed in one place.', [
          'cli/commands.test.ts',
          'goes from create to a key that is accepted, rolled and revoked',
        ]),
      ],
    },
    {
      title: 'Obtaining an API Key',
      statements: [
        decision(
          'Log in, open Settings → API Keys and press Create New API Key.',
          'no dashboard is published; keys create and the service take its place',
          ['cli/commands.test.ts', 'is managed by the same commands, and shuts down in order'],
        ),
        holds('A key has a descriptive name.', ONCE),
        holds('The key is copied once and stored securely.', ONCE, [
          'places/to-place.test.ts',
          'keeps what is saved, for env and run',
        ]),
        decision(
          'A key has full access to the account.',
          'a plain key has the scopes that it was given and does not manage keys; only a management key does',
          ['service/http.test.ts', 'lets a plain key say who it is, and manage nothing'],
        ),
      ],
    },
    {
      title: 'Using API Keys',
      statements: [
        holds('Every request carries the key as a Bearer token in Authorization.', LIFE, [
          FACTS,
          'request: Bearer',
        ]),
      ],
    },
    {
      title: 'Token Types',
      statements: [
        holds('There are two types of keys: test and live.', [FACTS, 'environments: sk_test_ and sk_live_']),
        holds(
          'A test key begins with sk_test_ and is for development.',
          [POLICIES, 'tells test from live by prefix, and restricts by address, referrer and endpoint'],
          [REFUSALS, 'refuses a test key where live is demanded, by the request or by the service'],
        ),
        notOurs(
          'A test key costs nothing.',
          'the API behind the service charges; it gets the environment of each key',
        ),
        decision(
          'Data of a test key is not persisted.',
          'this is about the data of the API, which gets the environment; the record of the key itself persists',
          [REFUSALS, 'gets the environment, type and service of a key'],
        ),
        holds('A live key begins with sk_live_ and is for production.', [
          POLICIES,
          'tells test from live by prefix, and restricts by address, referrer and endpoint',
        ]),
        notOurs('A live key works on real transactions and data.', 'the API behind the service has the data'),
        holds(
          'Live keys are monitored.',
          [
            'service/activity.test.ts',
            'is an event of a live key once: an address of its own, a reason of the day',
          ],
          ['service/activity.test.ts', 'is counted by key and day'],
          ['cli/show-usage.test.ts', 'shows how often a service has accepted and refused a key'],
          [
            'audit/live-activity.test.ts',
            'tells refusals and new addresses of the last seven days, from the counts of the service',
          ],
        ),
      ],
    },
    {
      title: 'Best Practices',
      statements: [
        holds('A key is in no client-side code.', [
          'audit/find-keys.test.ts',
          'finds what is planted, where it is, and gives none of it away',
        ]),
        holds('A key is in no public repository.', GUARD, [
          'audit/scan-history.test.ts',
          'names the commit that brought a key, also one that is gone since',
        ]),
        decision('A key is in no forum and no support ticket.', GROUND, [
          'cli/api.test.ts',
          'shows no credential in a trace',
        ]),
        holds('Environment variables hold the key, and programs read it from there.', [
          'cli/commands.test.ts',
          'makes an env line that a shell evaluates',
        ]),
        holds(
          'A .env file has it as API_KEY=….',
          [FACTS, 'environment variable: API_KEY'],
          ['places/env-file.test.ts', 'is read by dotenv with the new value, and all others as before'],
        ),
        holds('Keys are rotated every 90 days.', OLD, [FACTS, 'rotation: the hint of 90 days']),
        holds('A compromised key is rotated at once.', [
          'lifecycle/roll.test.ts',
          '--now revokes the old key after the delivery, and not where the delivery failed',
        ]),
        holds(
          'Different services have different keys.',
          ['audit/rules.test.ts', 'is not about other environments, services, keys that end, or successors'],
          ['cli/commands.test.ts', 'refuses a second key of the same name, until the first is revoked'],
        ),
        holds('A key can be restricted by IP address.', [
          'domain/restrictions.test.ts',
          'covers its range, v4 in v6 clothes included',
        ]),
        holds('A key can be restricted by referrer.', [
          'domain/restrictions.test.ts',
          'covers an origin, its pages, and no look-alike',
        ]),
        holds('A key can be restricted to endpoints.', [
          'domain/restrictions.test.ts',
          'covers its method and the paths of its pattern',
        ]),
      ],
    },
    {
      title: 'Key Management',
      statements: [
        holds('GET /v1/api-keys lists keys with five fields, times in UTC and to the second.', [
          REFUSALS,
          'reads five fields, times to the second, no revoked key, and all in one response',
        ]),
        holds('DELETE /v1/api-keys/{id} revokes, with the documented response.', [
          REFUSALS,
          'revokes with the documented response, byte for byte',
        ]),
      ],
    },
    {
      title: 'OAuth 2.0',
      statements: [
        notOurs(
          'OAuth 2.0 will come, with user-authorised access, scopes and refresh tokens.',
          'the page announces it and has no endpoint for it',
        ),
      ],
    },
    {
      title: 'Troubleshooting',
      statements: [
        holds('401: the key is missing or invalid; check it, and the header that it is in.', [
          REFUSALS,
          'for a key that is missing, malformed, mistyped or unknown',
        ]),
        holds('403: the key lacks a permission.', [
          REFUSALS,
          'for a key that is not for this request: what was seen',
        ]),
        holds(
          'The permissions of a key can be looked up.',
          [
            'cli/commands.test.ts',
            'tells how things stand where nobody is logged in and no keychain responds',
          ],
          ['cli/commands.test.ts', 'filters, sorts, selects and bounds'],
        ),
        holds(
          'A key that does not work may be revoked.',
          [REFUSALS, 'for a key that was revoked or has expired: since when'],
          ['cli/commands.test.ts', 'tells why a key is not good, and what to do'],
        ),
        holds(
          'A key that does not work may be mistyped.',
          [REFUSALS, 'for a key that is missing, malformed, mistyped or unknown'],
          ['domain/domain.test.ts', 'differs from itself with any one character changed'],
        ),
        holds(
          'A key that does not work may be of the other environment.',
          [REFUSALS, 'refuses a test key where live is demanded, by the request or by the service'],
          ['cli/verify.test.ts', 'tells a test key where the profile is for live keys'],
        ),
        notOurs(
          'Support helps with what is left.',
          'the API has a support; keys --version --verbose prints what a report needs',
        ),
      ],
    },
  ],
};

const SWIFTSELL: Page = {
  file: 'swiftsell.txt',
  system: 'swiftsell',
  paragraphs: [
    {
      title: 'What are API keys?',
      statements: [
        holds('A key authenticates other systems with the API.', LIFE),
        holds('Webhook calls may carry the key as a Bearer token.', [
          POLICIES,
          'begins with ss_, and is accepted in x-api-key and Authorization, bare and as a Bearer token',
        ]),
        holds(
          'Every key begins with ss_.',
          [FACTS, 'credential: ss_'],
          [
            POLICIES,
            'begins with ss_, and is accepted in x-api-key and Authorization, bare and as a Bearer token',
          ],
        ),
      ],
    },
    {
      title: 'Creating an API key',
      statements: [
        holds('Settings → API Keys → Create API Key.', BY_HAND),
        holds('A name says what the key is for.', ONCE),
        holds('The key is shown once, and stored securely after it was copied.', ONCE, KEYCHAIN),
        holds('The service stores no full key and cannot show it again.', [
          'service/at-rest.test.ts',
          'keeps neither a secret nor an idempotency key in any file of the database',
        ]),
        holds('A lost key is deleted, and another one created.', LIFE, [
          'lifecycle/recovery.test.ts',
          'never revokes a key that was delivered, although its secret is lost',
        ]),
      ],
    },
    {
      title: 'Key properties',
      statements: [
        holds('A key has the name that it was given.', LIFE),
        holds('The list shows the prefix ss_.', LIFE),
        holds(
          'Last used is the time of the last authenticated request.',
          [POLICIES, 'shows when a key was last used'],
          [GUIDED, 'remembers when it used a key of a dashboard itself, and calls it so'],
        ),
        holds('The list shows when a key was created.', LIFE, BY_HAND),
        holds('Last used shows which keys are stale.', UNUSED, [
          'cli/audit.test.ts',
          'says what a vendor does not tell, and finds nothing in it',
        ]),
      ],
    },
    {
      title: 'Using an API key',
      statements: [
        holds(
          'The key is in x-api-key, as a Bearer token in the text and bare in the example.',
          [FACTS, 'request: x-api-key, bare'],
          [
            POLICIES,
            'begins with ss_, and is accepted in x-api-key and Authorization, bare and as a Bearer token',
          ],
        ),
        holds(
          'A POST with JSON triggers a campaign.',
          ['cli/api.test.ts', 'sends the request with the key of the environment, and prints the body alone'],
          [FACTS, 'live check: none is known, and nothing is sent'],
        ),
      ],
    },
    {
      title: 'Deleting an API key',
      statements: [
        holds(
          'The trash icon deletes a key after confirmation.',
          [GUIDED, 'asks before it does what cannot be undone, and refuses where it cannot ask'],
          ['terminal/pty.test.ts', 'revokes a key only when its name is typed out'],
        ),
        holds('A deleted key gets 401 at once.', REVOKED),
        holds('Integrations are updated before the key is deleted.', [
          FACTS,
          'delete: integrations must be updated first, and that is said',
        ]),
      ],
    },
    {
      title: 'Security best practices',
      statements: [
        holds('Each integration has a key of its own.', [
          GUIDED,
          'refuses a second key of one name before anything is pasted',
        ]),
        holds('Rotate: create a key, update the integration, delete the old key.', BY_SUCCESSOR),
        holds('Keys that were long unused are deleted.', UNUSED),
        holds('Keys are in no source control, but in variables or a secrets manager.', GUARD, KEYCHAIN),
      ],
    },
  ],
};

const TRUST_SWIFTLY: Page = {
  file: 'trust-swiftly.md',
  system: 'trust-swiftly',
  paragraphs: [
    {
      title: 'Getting an API Key',
      statements: [
        holds(
          'Keys for production are generated under Developer; Create Token asks for a name, to track the key.',
          ONCE,
          BY_HAND,
        ),
        decision('Keys carry many privileges and are not shared in public places.', GROUND, GUARD, [
          FACTS,
          'credential: one secret key, with full access',
        ]),
      ],
    },
    {
      title: 'API Keys & Authentication',
      statements: [
        holds(
          'Every request is authenticated by a secret key in it.',
          [FACTS, 'request: Bearer, a User-Agent, Accept: application/json'],
          [POLICIES, 'wants a User-Agent: without one 403'],
        ),
        holds('The key identifies the application, with full access to the account data.', [
          POLICIES,
          'gives full access, but not to the keys themselves',
        ]),
        notOurs('API access needs a paid plan.', 'the vendor sells plans; the steps of keys create say it'),
      ],
    },
    {
      title: 'How to Generate Your API Key',
      statements: [
        holds(
          'Settings → API → Generate New Key.',
          [FACTS, 'dashboard: Settings → API → Generate New Key'],
          BY_HAND,
        ),
        holds('A new secret key is generated, and displayed once.', ONCE),
        holds('It is stored in a password manager or secret store at once.', KEYCHAIN, [
          GUIDED,
          'is not begun where its secret would have no place',
        ]),
        holds('A lost key is revoked, and a new one generated.', BY_SUCCESSOR, [
          POLICIES,
          'has no roll: create, then revoke',
        ]),
      ],
    },
    {
      title: 'Keeping Your API Key Secure',
      statements: [
        holds('The key is treated like a password.', NO_ARGUMENT, [
          'terminal/pty.test.ts',
          'does not show a key that is pasted into verify',
        ]),
        decision('The key is in no public place, client-side code or repository.', GROUND, GUARD),
        holds('The key is in an environment variable of the server.', [
          'cli/commands.test.ts',
          'makes an env line that a shell evaluates',
        ]),
        holds('export TRUST_SWIFTLY_API_KEY="…" sets it.', [
          FACTS,
          'environment variable: TRUST_SWIFTLY_API_KEY',
        ]),
        holds(
          'A compromised key is revoked at once; then a new one is generated and the application updated.',
          ['lifecycle/roll.test.ts', '--revoke-first ends it before'],
        ),
      ],
    },
    {
      title: "What's Next?",
      statements: [
        notOurs(
          'The quickstart creates a first user.',
          'users are the business of the API; keys api sends the request',
        ),
      ],
    },
  ],
};

const TYLT: Page = {
  file: 'tylt.md',
  system: 'tylt',
  paragraphs: [
    {
      title: 'Introduction',
      statements: [
        holds(
          'The API needs a pair: an API key and a secret key.',
          [FACTS, 'credential: a pair'],
          [POLICIES, 'issues a pair, and keeps the half that signs only encrypted'],
        ),
        holds(
          'Each service has a pair of its own, generated separately.',
          [POLICIES, 'needs a service and an environment, and revokes nothing without them'],
          [
            POLICIES,
            'is one pair for each service and environment: a new one revokes the previous one, in that environment alone',
          ],
        ),
      ],
    },
    {
      title: 'Generating API Keys',
      statements: [
        holds('Settings → API Keys, select the service, Generate Key.', [
          GUIDED,
          'Tylt: a new pair needs a service and an environment, and the steps name both',
        ]),
        holds('The API key is in Authorization and identifies account and service.', [
          POLICIES,
          'takes the key in X-TLP-APIKEY and in Authorization, bare and as Bearer',
        ]),
        holds(
          'The secret key signs requests and verifies webhooks, with HMAC-SHA256.',
          [POLICIES, 'takes a request that is signed over exactly what is sent, and no other'],
          [POLICIES, 'signs its webhooks with the secret key of the pair that they are about'],
        ),
        holds('The secret key is confidential and never in client-side code.', [
          POLICIES,
          'verifies a pair by a signature, never by its secret key',
        ]),
      ],
    },
    {
      title: 'Important Notes',
      statements: [
        holds(
          'Keys belong to one environment: demo or production.',
          [GUIDED, 'Tylt: a new pair needs a service and an environment, and the steps name both'],
          ['cli/verify.test.ts', 'tells a demo pair at the production address'],
          [
            'cli/api.test.ts',
            'sends a demo pair to a demo address only, from stdin, from variables and from the ledger',
          ],
          [FACTS, 'environments: where a demo pair is sent, and how to say which one it is'],
        ),
        holds('A new key may invalidate the previous one of the service.', [
          GUIDED,
          'Tylt: a warning and a question first, because the new pair may end the old',
        ]),
        holds('Secret keys are visible at creation only.', ONCE),
      ],
    },
    {
      title: 'Storing Your API Keys',
      statements: [
        holds('The pair is stored securely as soon as it is generated.', [
          GUIDED,
          'is not begun where its secret would have no place',
        ]),
        holds(
          'A lost or compromised pair is regenerated, and every integration updated.',
          [POLICIES, 'rolls without a grace'],
          [
            'lifecycle/places.test.ts',
            'remembers the places of a key, and a roll delivers to every one of them',
          ],
        ),
        decision('Keys are in no source code and no frontend.', GROUND, GUARD),
        holds('Credentials are in a secrets manager or in encrypted storage.', KEYCHAIN, [
          POLICIES,
          'needs the encryption key that its database was made with',
        ]),
      ],
    },
  ],
};

const JAHUTY: Page = {
  file: 'jahuty.md',
  system: 'jahuty',
  paragraphs: [
    {
      title: 'API Keys',
      statements: [
        holds('A key is a long text of letters and numbers that nobody can guess.', [
          'domain/domain.test.ts',
          'has no two alike, and uses the whole alphabet',
        ]),
        holds(
          'A missing, malformed or outdated key is an error.',
          [POLICIES, 'responds with 401 to an outdated key'],
          [POLICIES, 'responds with 401 with a problem document to a key that is %s'],
        ),
      ],
    },
    {
      title: 'Types of API keys',
      statements: [
        holds('There are public and secret keys.', [
          FACTS,
          'types: public and secret, not told apart by their form',
        ]),
        holds('A public key identifies the organization, has few permissions and may be published.', [
          POLICIES,
          'has public keys that may read and secret ones that may do all, not told apart by their form',
        ]),
        holds(
          'A secret key is confidential, for servers, and may do more.',
          [
            POLICIES,
            'has public keys that may read and secret ones that may do all, not told apart by their form',
          ],
          [REFUSALS, 'gives a public key no right to manage keys, nor every right, at its creation or later'],
        ),
        holds('An organization has a public Default API Key from the start.', [
          POLICIES,
          'has a public Default API Key from the start',
        ]),
      ],
    },
    {
      title: 'Obtaining your API keys',
      statements: [holds('Organization → Settings → API keys shows the keys.', BY_HAND)],
    },
    {
      title: 'Securing your API keys',
      statements: [
        holds('A secret key is treated like a password.', KEYCHAIN, NO_ARGUMENT),
        holds('Keys are outside of version control and of the source tree.', GUARD, [
          'places/env-file.test.ts',
          'is refused where git tracks it, and warned about where git does not ignore it',
        ]),
        holds(
          'Each integration has a named key, which can be disabled alone.',
          [GUIDED, 'refuses a second key of one name before anything is pasted'],
          ['cli/commands.test.ts', 'ends none of several keys where one is not there'],
        ),
        decision(
          'Only those who need a key get it, by a password manager or a secrets service.',
          'who gets a secret is decided by its places; keys delivers to each that is named',
          [
            'places/to-place.test.ts',
            'delivers a secret to every place, and shows it in none of its own output',
          ],
        ),
        decision('A key is in no screenshot, video or help page.', GROUND, [
          'terminal/pty.test.ts',
          'guides through a dashboard: steps, a masked paste, and a second try where the first cannot be right',
        ]),
        decision(
          'A key that must be shared is a new key with a name for it, and never mailed.',
          'the name is the choice of its owner; the audit finds one key at several places',
          ['cli/audit.test.ts', 'finds one key at several addresses of the ledger'],
        ),
        holds('Unneeded and compromised keys are deleted.', UNUSED),
      ],
    },
    {
      title: 'Creating an API key',
      statements: [
        holds('New API key, behind Organization → Settings → API keys.', BY_HAND),
        holds('A name tells the key from the others.', ONCE),
        holds(
          'An expiration date is optional; the default is none.',
          [POLICIES, 'ends on its expiration date, and by default not at all'],
          ['domain/domain.test.ts', "'2027-01-31', new Date(2027, 0, 31, 23, 59, 59)"],
          [
            FACTS,
            'expiration date: the end of that day in local time, in the help of each command that takes one',
          ],
        ),
        holds('A saved key is in the table of keys.', LIFE, BY_HAND),
        holds('The token is copied to where it is needed.', [
          'places/to-place.test.ts',
          'delivers a secret to every place, and shows it in none of its own output',
        ]),
      ],
    },
    {
      title: 'Rolling your API keys',
      statements: [
        holds(
          'A rolled key works for 12 hours beside its successor.',
          [POLICIES, 'lets both keys work for 12 hours after a roll, and not a second longer'],
          [GUIDED, 'Jahuty: the old one works for 12 hours, said as an absolute time'],
        ),
        holds('Keys are rolled periodically.', OLD),
        holds('The ellipsis beside the key → Roll.', [
          GUIDED,
          'Jahuty: the old one works for 12 hours, said as an absolute time',
        ]),
      ],
    },
    {
      title: 'Deleting your API keys',
      statements: [
        holds('A deleted key gets an error at its next use.', REVOKED),
        holds('The ellipsis beside the key → Delete.', [
          FACTS,
          'dashboard: New API key; Roll or Delete behind the ellipsis',
        ]),
      ],
    },
  ],
};

export const PAGES: readonly Page[] = [ENDPOINTS, TRUST_SWIFTLY, SWIFTSELL, TYLT, JAHUTY];
