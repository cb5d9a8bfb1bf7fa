import type { AuditEvent, EventPage } from '../../../domain/audit-event.js';
import { commandLine } from '../commands.js';
import { Command, type PageFrame, Text, Time } from '../components.js';

/** The audit trail of the service, newest first. */
export function EventsPage({ frame, page }: { readonly frame: PageFrame; readonly page: EventPage }) {
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
          <EventList frame={frame} events={page.events} withKey />
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

/** A detail of an event as text, cut where it is long. */
function detailText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

export function EventList({
  frame,
  events,
  withKey,
}: {
  readonly frame: PageFrame;
  readonly events: readonly AuditEvent[];
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
              <code>{event.key_id}</code>
            </a>
          ) : null}{' '}
          <span class="soft">
            <Time at={event.at} now={frame.now} /> by{' '}
            <code>
              <Text>{event.actor}</Text>
            </code>
          </span>
          <div class="small soft">
            {Object.entries(event.details)
              .filter(isTold)
              .map(([name, value]) => (
                <span class="tag">
                  {name}: <Text>{detailText(value)}</Text>
                </span>
              ))}
          </div>
        </li>
      ))}
    </ul>
  );
}
