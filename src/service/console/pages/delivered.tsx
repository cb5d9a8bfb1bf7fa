import { Advice, Command, Form, type PageFrame, Said, Text } from '../components.js';
import type { Delivered } from '../console-ledger.js';
import { warningParts } from '../page-words.js';

/** Which places have the secret of a key, and what is pending. The secret itself is not on the page. */
export function DeliveredPage({
  frame,
  done,
  command,
}: {
  readonly frame: PageFrame;
  readonly done: Delivered;
  readonly command: string;
}) {
  const { name, key, places, oldKey, candidates, operation, said } = done;
  const finished = operation === null;
  const path = key === null ? '/pending' : `/keys/${encodeURIComponent(key.id)}`;
  return (
    <div class="narrow" data-address={`${frame.base}${path}`}>
      <div class="head">
        <h1>
          <Text>{(key?.name ?? name) || 'The key'}</Text> {finished ? 'is ready' : 'is not finished'}
        </h1>
      </div>
      <Standing of={done} />
      <Said of={said} />
      <div class="card">
        {candidates.length === 0 ? null : <Candidates frame={frame} of={candidates} />}
        <Places of={places} />
        {oldKey === null ? null : (
          <p>
            <Text>{oldKey.charAt(0).toUpperCase() + oldKey.slice(1)}</Text>.
          </p>
        )}
        <div class="actions">
          {operation === null ? null : (
            <Form frame={frame} action={`/pending/${encodeURIComponent(operation)}/resume`}>
              <button type="submit" class="primary">
                Resume
              </button>
            </Form>
          )}
          {key === null ? null : (
            <a class="button" href={`${frame.base}${path}`}>
              Show the key
            </a>
          )}
        </div>
      </div>
      <Command frame={frame} line={command} />
    </div>
  );
}

/** Whether the operation is finished, and what else holds it up. */
function Standing({ of: { key, places, waiting, operation } }: { readonly of: Delivered }) {
  const finished = operation === null;
  const unfinished =
    key === null
      ? 'It is not known yet whether the key was created. Resume looks again.'
      : 'The key works. What is pending is kept, and Resume goes on with it.';
  const done = places.length === 0 ? 'Nothing is pending.' : 'Every place has the new secret.';
  return (
    <div class={`note ${finished ? 'good' : 'warn'}`} role="status">
      <p>{finished ? done : unfinished}</p>
      {waiting === null ? null : (
        <p>
          <Advice of={warningParts(waiting)} />
        </p>
      )}
    </div>
  );
}

/** Keys that may be the one whose response was lost. */
function Candidates({
  frame,
  of: candidates,
}: {
  readonly frame: PageFrame;
  readonly of: Delivered['candidates'];
}) {
  return (
    <>
      <p>
        These keys are newer than the request. If one of them is this key, revoke it: nobody has its secret.
        Resume then creates the key again.
      </p>
      <ul class="list">
        {candidates.map(({ id, name }) => (
          <li>
            <a href={`${frame.base}/keys/${encodeURIComponent(id)}`}>
              <Text>{name}</Text>
            </a>{' '}
            <code>
              <Text>{id}</Text>
            </code>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Whether each place has the secret, and why one has not. */
function Places({ of: places }: { readonly of: Delivered['places'] }) {
  return (
    <ul class="list">
      {places.map(({ label, problem }) => (
        <li>
          <span class={`badge ${problem === null ? 'good' : 'bad'}`}>
            {problem === null ? 'delivered' : 'pending'}
          </span>{' '}
          <Text>{label}</Text>
          {problem === null ? null : (
            <div class="small soft">
              <Advice of={warningParts(problem)} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
