import { CopyLine, Field, Note, type Notice, type PageFrame, Text } from '../components.js';
import { Fact } from '../page-parts.js';

/**
 * Asks for a management key. `hidden` carries the page to return to and a form that was sent without a
 * session.
 */
export function SignInPage({
  frame,
  notice,
  hidden,
  insecure,
}: {
  readonly frame: PageFrame;
  readonly notice: Notice | null;
  readonly hidden: Readonly<Record<string, string>>;
  /** Whether a sign-in would be refused, because the browser would send the key in the clear. */
  readonly insecure: boolean;
}) {
  if (frame.home !== null) return <RunAgain notice={notice} draft={hidden['draft']} />;
  if (insecure) return <NeedsHttps />;
  return (
    <div class="gate">
      <h1>Sign in to keys</h1>
      <p class="soft">Use a management key of this service.</p>
      <Note notice={notice} />
      {hidden['draft'] ? (
        <Note
          notice={{ tone: 'warn', title: 'Your form is kept', hint: 'It comes back after you sign in.' }}
        />
      ) : null}
      <form class="card" method="post" action={`${frame.base}/sign-in`}>
        {Object.entries(hidden).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <Field
          name="key"
          label="Management key"
          type="password"
          required
          autofocus
          hint="The first start of keys serve wrote it to management.key in the data directory."
        />
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
      <p class="soft small">
        The key is sent once and is not stored in the browser. You are signed out after 30 minutes without
        use.
      </p>
    </div>
  );
}

/** Fields of forms that nobody has filled. */
const UNSEEN: ReadonlySet<string> = new Set(['request', 'was']);

/** A console that `keys console` started has no form to sign in with: each start signs in once. */
function RunAgain({ notice, draft }: { readonly notice: Notice | null; readonly draft: string | undefined }) {
  const entered = Object.entries(JSON.parse(draft ?? '{}') as Record<string, string>).filter(
    ([name, value]) => value !== '' && !UNSEEN.has(name),
  );
  return (
    <div class="gate">
      <h1>Signed out</h1>
      <Note notice={notice} />
      <div class="card">
        <p>Each start of the console signs one browser in. Run it again:</p>
        <CopyLine id="again" what="the command">
          keys console
        </CopyLine>
      </div>
      {entered.length === 0 ? null : (
        <div class="card">
          <h2>Your form was not sent. It held:</h2>
          <dl>
            {entered.map(([name, value]) => (
              <Fact title={name}>
                <Text>{value}</Text>
              </Fact>
            ))}
          </dl>
        </div>
      )}
    </div>
  );
}

/** No form: the key would be sent before it could be refused. */
function NeedsHttps() {
  return (
    <div class="gate">
      <h1>Sign in to keys</h1>
      <Note
        notice={{
          tone: 'bad',
          title: 'You cannot sign in over plain HTTP from another machine',
          hint: 'Open the console over HTTPS, or at 127.0.0.1 on the machine that serves it.',
        }}
      />
    </div>
  );
}
