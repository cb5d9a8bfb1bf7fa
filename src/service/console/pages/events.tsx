import type { AuditEvent, EventPage } from '../../../domain/audit-event.js';
import { visibleText } from '../../../domain/visible-text.js';
import { commandLine } from '../commands.js';
import { Command, type PageFrame, Text, Time } from '../components.js';
import type { KeyNames } from '../key-names.js';

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

/** Empty lists and nulls say nothing. */
function isTold([, value]: [string, unknown]): boolean {
  return value !== null && !(Array.isArray(value) && value.length === 0);
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

/** A list is a mark for each part. */
function Detail({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (!Array.isArray(value)) {
    return (
      <span class="tag">
        {name}: <Text>{detailText(value)}</Text>
      </span>
    );
  }
  return (
    <>
      {name}:{' '}
      {value.slice(0, MOST_PARTS).map((part) => (
        <span class="tag">
          <Text>{detailText(part)}</Text>
        </span>
      ))}
      {value.length > MOST_PARTS ? `and ${value.length - MOST_PARTS} more ` : null}
    </>
  );
}

/** A detail of an event as text, cut where it is long. */
function detailText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
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
            {Object.entries(event.details)
              .filter(isTold)
              .map(([name, value]) => (
                <Detail name={name} value={value} />
              ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
