import type { Key } from '../../../domain/key.js';
import type { Grace } from '../../../domain/provider.js';
import { rollLine } from '../commands.js';
import { Choices, Command, Form, Note, type Notice, type PageFrame, Text, Time } from '../components.js';
import { Crumb, OwnKeyNote, Send } from '../page-parts.js';

const HOUR = 3_600;
const GRACES = [
  [0, 'none: it stops at once'],
  [HOUR, '1 hour'],
  [12 * HOUR, '12 hours'],
  [24 * HOUR, '1 day'],
  [7 * 24 * HOUR, '7 days'],
] as const;

function LastUse({ of: { last_used: at }, now }: { readonly of: Key; readonly now: number }) {
  if (at === undefined) return <>It is not known when it was last used.</>;
  if (at === null) return <>It was never used.</>;
  return (
    <>
      It was last used <Time at={at} now={now} />.
    </>
  );
}

/** Asks how long the old key works after the roll, or says it where the service decides that. */
function GraceField({ grace, chosen }: { readonly grace: Grace; readonly chosen: string | undefined }) {
  if (grace.kind !== 'any') {
    const fixed = grace.kind === 'fixed' ? `for ${grace.seconds / HOUR} hours` : 'no longer';
    return <p>After the roll, the old key works {fixed}.</p>;
  }
  return (
    <Choices
      name="grace"
      label="The old key works on for"
      value={chosen ?? String(grace.defaultSeconds)}
      options={GRACES.map(([seconds, title]) => [String(seconds), title] as const)}
    />
  );
}

/** Asks how long the old key works on. */
export function RollPage({
  frame,
  of: key,
  grace,
  notice,
  request,
  chosen,
  own,
}: {
  readonly frame: PageFrame;
  readonly of: Key;
  readonly grace: Grace;
  readonly notice: Notice | null;
  /** The idempotency key of this form. */
  readonly request: string;
  readonly chosen: string | undefined;
  /** Whether it is the key that is signed in. */
  readonly own: boolean;
}) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  return (
    <div class="narrow">
      <Crumb frame={frame} of={key} />
      <div class="head">
        <h1>
          Roll <Text>{key.name}</Text>
        </h1>
      </div>
      <Note notice={notice} />
      <div class="card">
        <p>
          A new key with the same name, scopes and restrictions replaces this one.{' '}
          <LastUse of={key} now={frame.now} />
        </p>
        {own ? (
          <OwnKeyNote
            frame={frame}
            hint="You are signed out when it stops. Sign in with the new secret then."
            profileHint="Log in with the new secret before the old key stops: `keys login`"
          />
        ) : null}
        <Form frame={frame} action={`${path}/roll`} hidden={{ request }}>
          <GraceField grace={grace} chosen={chosen} />
          <Send back={`${frame.base}${path}`}>Roll the key</Send>
        </Form>
      </div>
      <Command
        frame={frame}
        line={rollLine(key.id, grace.kind === 'any' ? Number(chosen ?? grace.defaultSeconds) : undefined)}
      />
    </div>
  );
}
