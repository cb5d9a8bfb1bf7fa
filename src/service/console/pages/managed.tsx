import { isEnded } from '../../../domain/ended-key.js';
import type { Key } from '../../../domain/key.js';
import { type PageFrame, Text, Time } from '../components.js';
import type { ManagedFacts } from '../console-ledger.js';
import { PendingList } from './pending.js';

const TONES: Readonly<Record<string, string>> = {
  active: 'good',
  pending: 'warn',
  retiring: 'warn',
  revoked: 'bad',
};

/** States of a version whose secret was confirmed to be where it belongs. */
const HELD: ReadonlySet<string> = new Set(['active', 'retiring']);

/** When a version ends or has ended. A revoked one does not wait for its expiry. */
function End({
  of: state,
  at,
  now,
}: {
  readonly of: string;
  readonly at: string | null;
  readonly now: number;
}) {
  if (at === null) return null;
  const past = Date.parse(at) <= now;
  if (!past && isEnded(state)) return null;
  return (
    <span class="soft small">
      {past ? 'ended' : 'ends'} <Time at={at} now={now} />
    </span>
  );
}

interface ManagedProps {
  readonly frame: PageFrame;
  readonly of: Key;
  readonly managed: ManagedFacts;
  /** Whether places can be added and removed here. */
  readonly mayChange: boolean;
}

/** The versions and places of a managed key, and what is pending. */
export function Managed({ frame, of: key, managed, mayChange }: ManagedProps) {
  const { versions, places, pending } = managed;
  return (
    <>
      {pending.length === 0 ? null : (
        <section class="card" aria-labelledby="pending">
          <h2 id="pending">Pending</h2>
          <PendingList frame={frame} operations={pending} />
        </section>
      )}
      <Versions frame={frame} of={key} versions={versions} />
      <Places {...{ frame, places, pending, versions, mayChange }} of={key} />
    </>
  );
}

function Versions({
  frame,
  of: key,
  versions,
}: Pick<ManagedProps, 'frame' | 'of'> & Pick<ManagedFacts, 'versions'>) {
  return (
    <section class="card" aria-labelledby="versions">
      <h2 id="versions">Versions</h2>
      <p class="soft small">
        As this machine's ledger has them: a version is active once every place has its secret.
      </p>
      <ul class="list">
        {versions.map(({ id, state, endsAt }) => (
          <li>
            <span class={`badge ${TONES[state] ?? ''}`}>{state}</span>{' '}
            {id === key.id ? (
              <code>{id}</code>
            ) : (
              <a href={`${frame.base}/keys/${encodeURIComponent(id)}`}>
                <code>{id}</code>
              </a>
            )}{' '}
            <End of={state} at={endsAt} now={frame.now} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Places({
  frame,
  of: key,
  places,
  pending,
  versions,
  mayChange,
}: Pick<ManagedProps, 'frame' | 'of' | 'mayChange'> & Omit<ManagedFacts, 'name'>) {
  const path = `${frame.base}/keys/${encodeURIComponent(key.id)}/places`;
  return (
    <section class="card" aria-labelledby="places">
      <h2 id="places">Places</h2>
      {places.length === 0 ? (
        <p class="soft">
          {pending.some(({ unsaved }) => unsaved)
            ? 'None: a person must still save the secret.'
            : versions.some(({ id, state }) => id === key.id && HELD.has(state))
              ? 'None: a person has the secret.'
              : 'None.'}
        </p>
      ) : (
        <ul class="list">
          {places.map(({ id, label, version }) => (
            <li>
              <Text>{label}</Text>{' '}
              <span class="soft small">
                {version === null
                  ? 'has no secret yet'
                  : version === key.id
                    ? 'has this secret'
                    : `has the secret of ${version}`}
              </span>
              {mayChange ? (
                <>
                  {' '}
                  <a class="small" href={`${path}/remove?place=${encodeURIComponent(id)}`}>
                    Remove<span class="sr"> {label}</span>
                  </a>
                </>
              ) : null}
            </li>
          ))}
        </ul>
      )}
      {mayChange && !isEnded(key.status) ? (
        <a class="button" href={path}>
          Add a place
        </a>
      ) : null}
    </section>
  );
}
