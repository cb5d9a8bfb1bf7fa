import { commandLine, withOptions } from '../commands.js';
import { Command, CopyLine, Form, Note, type Notice, type PageFrame, Text, Time } from '../components.js';
import type { PendingOperation } from '../console-ledger.js';

/** Creates and rolls that are not finished, each with a button to resume it. */
export function PendingPage({
  frame,
  operations,
  notice,
}: {
  readonly frame: PageFrame;
  readonly operations: readonly PendingOperation[];
  readonly notice: Notice | null;
}) {
  return (
    <>
      <div class="head">
        <h1>Pending</h1>
      </div>
      <Note notice={notice} />
      {operations.length === 0 ? (
        <div class="card empty">
          <h2>Nothing is pending</h2>
          <p class="soft">Every secret is at its places.</p>
        </div>
      ) : (
        <div class="card">
          <PendingList frame={frame} operations={operations} />
        </div>
      )}
      <Command frame={frame} line={commandLine('pending')} />
    </>
  );
}

export function PendingList({
  frame,
  operations,
}: {
  readonly frame: PageFrame;
  readonly operations: readonly PendingOperation[];
}) {
  return (
    <ul class="list">
      {operations.map((operation) => (
        <li>
          <Pending frame={frame} of={operation} />
        </li>
      ))}
    </ul>
  );
}

function Pending({ frame, of: operation }: { readonly frame: PageFrame; readonly of: PendingOperation }) {
  const { id, kind, name, keyId, since, places, unsaved, oldKeyEnds, oldKey } = operation;
  return (
    <>
      <p>
        <strong>{kind === 'create' ? 'Create' : 'Roll'}</strong>{' '}
        {keyId === null ? (
          <Text>{name}</Text>
        ) : (
          <a href={`${frame.base}/keys/${encodeURIComponent(keyId)}`}>
            <Text>{name}</Text>
          </a>
        )}{' '}
        <span class="soft">
          <Time at={since} now={frame.now} />
        </span>
        <br />
        {oldKey !== null ? (
          <>
            The old key{' '}
            <a href={`${frame.base}/keys/${encodeURIComponent(oldKey.id)}`}>
              <Text>{oldKey.id}</Text>
            </a>
            {oldKey.hint === null ? null : (
              <>
                , which ends in …<Text>{oldKey.hint}</Text>,
              </>
            )}{' '}
            works until you revoke it. Once nothing uses it, this command leads you through the dashboard:
          </>
        ) : oldKeyEnds === null ? (
          waitsFor(places, unsaved, keyId)
        ) : (
          <>
            The new key is at every place. The old key ends: <Time at={oldKeyEnds} now={frame.now} />.
          </>
        )}
      </p>
      {oldKey === null ? null : (
        <CopyLine id={`revoke-${oldKey.id}`} what={`the command that revokes the old key of ${name}`}>
          {withOptions(commandLine('revoke', oldKey.id), frame.options)}
        </CopyLine>
      )}
      {oldKey !== null || (oldKeyEnds !== null && Date.parse(oldKeyEnds) > frame.now) ? null : (
        <Form frame={frame} action={`/pending/${encodeURIComponent(id)}/resume`}>
          <button type="submit">
            Resume<span class="sr"> {name}</span>
          </button>
        </Form>
      )}
    </>
  );
}

function waitsFor(places: readonly string[], unsaved: boolean, keyId: string | null) {
  if (keyId === null) return 'It is not known yet whether the key was created.';
  if (unsaved) return 'The secret waits for you to save it: Resume shows it again.';
  if (places.length === 0) return 'The old key waits for its end.';
  return (
    <>
      The secret waits for <Text>{places.join(', ')}</Text>.
    </>
  );
}
