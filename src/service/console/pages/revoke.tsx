import type { Key } from '../../../domain/key.js';
import { commandLine } from '../commands.js';
import { Command, Form, Note, type Notice, type PageFrame, Text, Time } from '../components.js';
import { Crumb, Fact, LOG_IN_FIRST, OwnKeyNote, Send, TypeToConfirm } from '../page-parts.js';

interface RevokeProps {
  readonly frame: PageFrame;
  readonly of: Key;
  readonly notice: Notice | null;
  /** Whether it is the key that is signed in. */
  readonly own: boolean;
  /** Whether no other key can manage keys. */
  readonly last: boolean;
  /** What was typed before, in a form that was interrupted. */
  readonly typed: string;
  /** What becomes of the old key of each unfinished roll that is given up with this key. */
  readonly oldKeys: readonly string[];
}

/** Asks for the key's name before it is revoked, and shows its last use. */
export function RevokePage({ frame, of: key, notice, own, last, typed, oldKeys }: RevokeProps) {
  const path = `/keys/${encodeURIComponent(key.id)}`;
  const name = key.name || key.id;
  return (
    <div class="narrow">
      <Crumb frame={frame} of={key} />
      <div class="head">
        <h1>
          Revoke <Text>{key.name}</Text>
        </h1>
      </div>
      <Note notice={notice} />
      <div class="card">
        <p>
          The next request with this key is refused. This cannot be undone. Programs that still use the key
          stop working.
        </p>
        <dl>
          <Fact title="Last used">
            <Time at={key.last_used} now={frame.now} />
          </Fact>
          <Fact title="Created">
            <Time at={key.created_at} now={frame.now} />
          </Fact>
        </dl>
        <br />
        <Warnings {...{ frame, own, last, oldKeys }} />
        <Form frame={frame} action={`${path}/revoke`}>
          <TypeToConfirm name={name} typed={typed} />
          <Send back={`${frame.base}${path}`} danger>
            Revoke the key
          </Send>
        </Form>
      </div>
      <Command frame={frame} line={commandLine('revoke', key.id)} />
    </div>
  );
}

/** What a person should know of this key before it is revoked. */
function Warnings({ frame, own, last, oldKeys }: Pick<RevokeProps, 'frame' | 'own' | 'last' | 'oldKeys'>) {
  return (
    <>
      {own ? <OwnKeyNote frame={frame} hint="Revoking it signs you out." profileHint={LOG_IN_FIRST} /> : null}
      {last ? (
        <Note
          notice={{
            tone: 'warn',
            title: 'No other key can manage keys here',
            hint: 'The service refuses to revoke the last one. Create another management key first.',
          }}
        />
      ) : null}
      {oldKeys.map((oldKey) => (
        <Note
          notice={{
            tone: 'warn',
            title: 'Its roll is not finished, and is given up',
            hint: `${oldKey.charAt(0).toUpperCase()}${oldKey.slice(1)}.`,
          }}
        />
      ))}
    </>
  );
}
