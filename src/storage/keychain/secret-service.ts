/**
 * Questions to the Secret Service on the session bus (Linux), by whichever of three small programs is there:
 * what the keychain libraries do not tell. The bus starts the service where it can. No secret is asked for or
 * given.
 */
const NAME = 'org.freedesktop.secrets';
const PATH = '/org/freedesktop/secrets';

/** Runs a program and gives its stdout; rejects where it fails, with code `ENOENT` where it is not there. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

interface Question {
  readonly method: string;
  /** The attributes of an item, for a method that takes them. */
  readonly attributes?: Readonly<Record<string, string>>;
}

const PROGRAMS: ReadonlyArray<(question: Question) => readonly [program: string, args: readonly string[]]> = [
  ({ method, attributes }) => [
    'dbus-send',
    [
      ...['--session', '--print-reply', '--reply-timeout=2000', `--dest=${NAME}`, PATH, method],
      ...(attributes ? [`dict:string:string:${Object.entries(attributes).flat().join(',')}`] : []),
    ],
  ],
  ({ method, attributes }) => {
    const [, iface = '', member = ''] = /^(.*)\.([^.]+)$/.exec(method) ?? [];
    const pairs = Object.entries(attributes ?? {});
    return [
      'busctl',
      [
        ...['--user', '--timeout=2', 'call', NAME, PATH, iface, member],
        ...(attributes ? ['a{ss}', String(pairs.length), ...pairs.flat()] : []),
      ],
    ];
  },
  ({ method, attributes }) => [
    'gdbus',
    [
      ...['call', '--session', '--timeout', '2', '--dest', NAME, '--object-path', PATH, '--method', method],
      ...(attributes ? [JSON.stringify(attributes)] : []),
    ],
  ],
];

/** A response as the program prints it; `silent`: the time was up; `absent`: no service, bus or program. */
type Response = { readonly text: string } | 'silent' | 'absent';

async function ask(run: RunProgram, question: Question): Promise<Response> {
  for (const form of PROGRAMS) {
    const [program, args] = form(question);
    try {
      return { text: await run(program, args) };
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      if (!missing) return isTimeUp(error) ? 'silent' : 'absent';
    }
  }
  return 'absent';
}

/** Whether a program was ended because it took too long, or says itself that it has waited in vain. */
function isTimeUp(error: unknown): boolean {
  const { killed = false, stderr = '' } = error as { readonly killed?: boolean; readonly stderr?: string };
  return killed || /NoReply|timed out|Timeout/.test(stderr);
}

/** Whether it responds to a ping. */
export async function pingSecretService(run: RunProgram): Promise<'responds' | 'silent' | 'absent'> {
  const response = await ask(run, { method: 'org.freedesktop.DBus.Peer.Ping' });
  return typeof response === 'string' ? response : 'responds';
}

/**
 * Whether it keeps an item with these attributes, be it locked: a search finds those too, and names their
 * paths.
 */
export async function secretServiceHolds(
  run: RunProgram,
  attributes: Readonly<Record<string, string>>,
): Promise<boolean> {
  const found = await ask(run, { method: 'org.freedesktop.Secret.Service.SearchItems', attributes });
  return typeof found !== 'string' && found.text.includes(`${PATH}/collection/`);
}
