import { Advice, Command, Form, type PageFrame, Said, Text } from '../components.js';
import type { Delivered } from '../console-ledger.js';

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
  const { key, places, oldKey, waiting, operation, said } = done;
  const finished = operation === null;
  const path = key === null ? '/pending' : `/keys/${encodeURIComponent(key.id)}`;
  return (
    <div class="narrow" data-address={`${frame.base}${path}`}>
      <div class="head">
        <h1>
          <Text>{key?.name ?? 'The key'}</Text> {finished ? 'is ready' : 'is not finished'}
        </h1>
      </div>
      <div class={`note ${finished ? 'good' : 'warn'}`} role="status">
        <p>
          {finished
            ? places.length === 0
              ? 'Nothing is pending.'
              : 'Every place has the new secret.'
            : 'The key works. What is pending is kept, and Resume goes on with it.'}
        </p>
        {waiting === null ? null : (
          <p>
            <Advice>{waiting}</Advice>
          </p>
        )}
      </div>
      <Said of={said} />
      <div class="card">
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
              <Advice>{problem}</Advice>
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
