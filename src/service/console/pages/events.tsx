import type { AuditEvent, EventPage } from '../../../domain/audit-event.js';
import { isRecord } from '../../../domain/is-record.js';
import { visibleText } from '../../../domain/visible-text.js';
import { commandLine } from '../commands.js';
import { Command, type PageFrame, Text, Time } from '../components.js';
import { KEY_ID, type KeyNames } from '../key-names.js';

/** The audit trail of the service, newest first. */
export function EventsPage({
  frame,
  page,
  names,
}: {
  readonly frame: PageFrame;
  readonly page: EventPage;
  readonly names: KeyNames;
}) {
  return (
    <>
      <div class="head">
        <h1>Events</h1>
      </div>
      {page.events.length === 0 ? (
        <div class="card empty">
          <h2>No events yet</h2>
          <p class="soft">Each change of a key is written here.</p>
        </div>
      ) : (
        <div class="card">
          <EventList frame={frame} events={page.events} names={names} withKey />
        </div>
      )}
      {page.next_cursor === null ? null : (
        <div class="pages">
          <a class="button" href={`${frame.base}/events`}>
            Newest
          </a>
          <a
            class="button"
            rel="next"
            href={`${frame.base}/events?cursor=${encodeURIComponent(page.next_cursor)}`}
          >
            Older events
          </a>
        </div>
      )}
      <Command frame={frame} line={commandLine('events')} />
    </>
  );
}

/** A key by its name, with its id as the title; by its id where the name is not known. */
function Named({ id, names }: { readonly id: string; readonly names: KeyNames }) {
  const name = names.get(id);
  if (name !== undefined) {
    return (
      <span title={visibleText(id)}>
        <Text>{name}</Text>
      </span>
    );
  }
  return (
    <code>
      <Text>{id}</Text>
    </code>
  );
}

/** Most parts of a list that are shown. */
const MOST_PARTS = 10;

/** Words for the members of details. */
const WORDS: Readonly<Record<string, string>> = {
  ...{ expires_at: 'expires', rolled_to: 'replaced by', rolled_from: 'replaces', metadata: 'notes' },
  ...{ ips: 'IP addresses', referrers: 'pages' },
};

/**
 * Details as a flat list. Of what an update has set, nothing is left out; elsewhere, empty lists and nulls
 * say nothing.
 */
function detailsOf({ action, details }: AuditEvent): ReadonlyArray<readonly [name: string, value: unknown]> {
  const isEmpty = (value: unknown) => value === null || (typeof value === 'object' && isEmptyObject(value));
  return Object.entries(details).flatMap(([name, value]): Array<readonly [string, unknown]> => {
    if (isEmpty(value)) {
      if (action !== 'updated') return [];
      return [[name, name === 'expires_at' ? 'never' : 'none']];
    }
    return isRecord(value) ? Object.entries(value) : [[name, value]];
  });
}

function isEmptyObject(value: object | null): boolean {
  return value !== null && Object.keys(value).length === 0;
}

interface DetailProps {
  readonly frame: PageFrame;
  readonly names: KeyNames;
  readonly value: unknown;
}

/** A list is a mark for each part. */
function Detail({ name, ...props }: DetailProps & { readonly name: string }) {
  const { value } = props;
  const title = WORDS[name] ?? name.replaceAll('_', ' ');
  if (!Array.isArray(value)) {
    return (
      <span class="tag">
        {title}: <DetailValue {...props} />
      </span>
    );
  }
  return (
    <>
      {title}:{' '}
      {value.slice(0, MOST_PARTS).map((part) => (
        <span class="tag">
          <DetailValue {...props} value={part} />
        </span>
      ))}
      {value.length > MOST_PARTS ? `and ${value.length - MOST_PARTS} more ` : null}
    </>
  );
}

/** A time as people say it, a key by its name, and any other value as text, cut where it is long. */
function DetailValue({ frame, names, value }: DetailProps) {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value))
    return <Time at={value} now={frame.now} />;
  if (typeof value === 'string' && KEY_ID.test(value)) {
    return (
      <a href={`${frame.base}/keys/${encodeURIComponent(value)}`}>
        <Named id={value} names={names} />
      </a>
    );
  }
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return <Text>{text.length > 200 ? `${text.slice(0, 200)}…` : text}</Text>;
}

export function EventList({
  frame,
  events,
  names,
  withKey,
}: {
  readonly frame: PageFrame;
  readonly events: readonly AuditEvent[];
  readonly names: KeyNames;
  readonly withKey: boolean;
}) {
  if (events.length === 0) return <p class="soft">None.</p>;
  return (
    <ul class="list">
      {events.map((event) => (
        <li>
          <strong>{event.action.replace('_', ' ')}</strong>{' '}
          {withKey && event.key_id !== null ? (
            <a href={`${frame.base}/keys/${encodeURIComponent(event.key_id)}`}>
              <Named id={event.key_id} names={names} />
            </a>
          ) : null}{' '}
          <span class="soft">
            <span class="nowrap">
              <Time at={event.at} now={frame.now} />
            </span>{' '}
            by <Named id={event.actor} names={names} />
          </span>
          <div class="small soft">
            {detailsOf(event).map(([name, value]) => (
              <Detail {...{ frame, names, name, value }} />
            ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
