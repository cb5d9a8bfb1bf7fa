import { Command } from '@commander-js/extra-typings';
import type { AuditEvent } from '../../domain/audit-event.js';
import { compact } from '../../domain/compact.js';
import { everyPage } from '../../domain/every-page.js';
import { asShown, wholeSecond } from '../../domain/whole-seconds.js';
import { findKey } from '../../lifecycle/find/find-key.js';
import type { Column } from '../../terminal/output.js';
import { relativeTime } from '../../terminal/relative-time.js';
import type { Context } from '../context.js';
import { readLimit, take } from '../options/limit.js';
import { choosing } from '../questions/pick-key.js';

interface EventsFlags {
  readonly limit?: string;
}

/** Most events asked for in one page. */
const PAGE = 500;

export function eventsCommand(context: Context) {
  return new Command('events')
    .description(
      'Shows the audit trail of a key service, newest first: who did what when to which key. The embedded service and keys serve have one; it is written together with each change and never altered.',
    )
    .argument('[key]', "id, exact name, or unique prefix of either (default: every key's)")
    .option('-L, --limit <number>', 'at most this many')
    .addHelpText(
      'after',
      `
Output:
  when, by whom (the id of a key, or owner for whoever holds the database), what, to which key, and what it was then;
  on a terminal a table; in a pipe tab-separated lines, times in ISO 8601; --json prints an array of events

Examples:
  keys events
  keys events web --limit 10
  keys events --json | jq -r '.[] | select(.action == "revoked") | .key_id'`,
    )
    .action((reference, flags) => events(reference, flags, context));
}

async function events(reference: string | undefined, flags: EventsFlags, context: Context): Promise<void> {
  const { openConnection } = await import('../../connect/open-connection.js');
  const most = readLimit(flags.limit, 'events');
  const connection = await openConnection(context);
  const { service } = connection;
  const found =
    reference === undefined
      ? undefined
      : await findKey(reference, connection, context, {
          prefixes: true,
          ...choosing('show the events of', context),
        });
  const key_id = found?.key.id;
  const rows = everyPage(async (cursor) => {
    const page = await service.events({
      limit: Math.min(PAGE, most),
      ...compact({ key_id, cursor }),
    });
    return { rows: page.events, next_cursor: page.next_cursor };
  });
  await context.output.list(take(rows, most), columns(context.clock.now()), 'no events yet');
}

function columns(nowMs: number): Array<Column<AuditEvent>> {
  const text = (id: string, title: string, of: (event: AuditEvent) => string): Column<AuditEvent> => ({
    id,
    title,
    plain: of,
    human: (event) => of(event) || '-',
  });
  return [
    {
      id: 'at',
      title: 'when',
      plain: ({ at }) => wholeSecond(at),
      human: ({ at }) => relativeTime(at, nowMs),
    },
    text('actor', 'by', ({ actor }) => actor),
    text('action', 'what', ({ action }) => action),
    text('key_id', 'key', ({ key_id }) => key_id ?? ''),
    text('details', 'details', ({ details }) => detailsText(details)),
  ];
}

function detailsText(details: AuditEvent['details']): string {
  return Object.entries(asShown(details))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}
