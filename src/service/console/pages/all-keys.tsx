import { type AllKeys, MOST_OF_EACH } from '../all-keys.js';
import { listLine } from '../commands.js';
import {
  Command,
  Environment,
  Field,
  Hint,
  Note,
  type PageFrame,
  Select,
  Status,
  Text,
  Time,
} from '../components.js';
import { type FormFields, readFilters } from '../key-form.js';
import { SORTS } from '../key-list.js';
import { SecretNote, STATUS_OPTIONS } from './keys.js';

/** The keys of every service in one table, with filters. */
export function AllKeysPage({
  frame,
  query,
  found: { keys, more, pending, failed },
}: {
  readonly frame: PageFrame;
  readonly query: FormFields;
  readonly found: AllKeys;
}) {
  const line = listLine(readFilters(query), query.get('status') ?? 'works', query.get('sort'));
  return (
    <>
      <div class="head">
        <h1>All keys</h1>
      </div>
      {query.get('said') === 'secret' ? <SecretNote /> : null}
      {failed.map(({ service, failure }) => (
        <Note
          notice={{
            tone: 'warn',
            title: `No keys of ${service.name}: ${failure.message}`,
            hint: failure.hint,
          }}
        />
      ))}
      <Pending base={frame.base} pending={pending} />
      <Filters base={frame.base} query={query} />
      {more.length === 0 ? null : (
        <p>
          The newest {MOST_OF_EACH} keys of{' '}
          {more.map((service, i) => (
            <>
              {i === 0 ? '' : ', '}
              <a href={`${frame.base}/${service.path}/keys`}>
                <Text>{service.name}</Text>
              </a>
            </>
          ))}{' '}
          are shown.
        </p>
      )}
      {keys.length === 0 ? (
        <Empty frame={frame} filtered={['name', 'status'].some((name) => query.get(name))} />
      ) : (
        <Table frame={frame} keys={keys} />
      )}
      <Command frame={frame} line={`${line} --all-profiles`} />
    </>
  );
}

/** A link to the pending operations of each service that has some. */
function Pending({ base, pending }: { readonly base: string; readonly pending: AllKeys['pending'] }) {
  if (pending.length === 0) return null;
  return (
    <p class="note warn">
      Pending:{' '}
      {pending.map(({ service, count }, i) => (
        <>
          {i === 0 ? '' : ', '}
          <a href={`${base}/${service.path}/pending`}>
            {count} of <Text>{service.name}</Text>
          </a>
        </>
      ))}
    </p>
  );
}

function Filters({ base, query }: { readonly base: string; readonly query: FormFields }) {
  return (
    <search>
      <form class="filters" method="get" action={`${base}/keys`}>
        <Field name="name" label="Name" value={query.get('name')} placeholder="part of a name" />
        <Select
          name="status"
          label="Status"
          value={query.get('status') ?? 'works'}
          options={STATUS_OPTIONS}
        />
        <Select name="sort" label="Sort" value={query.get('sort') ?? ''} options={SORTS} />
        <button type="submit">Filter</button>
      </form>
    </search>
  );
}

function Empty({ frame, filtered }: { readonly frame: PageFrame; readonly filtered: boolean }) {
  return (
    <div class="card empty">
      <h2>{filtered ? 'No key matches' : 'No keys yet'}</h2>
      {filtered ? null : <p class="soft">Choose a service, and create the first key there.</p>}
      <a class={filtered ? 'button' : 'button primary'} href={filtered ? `${frame.base}/keys` : frame.base}>
        {filtered ? 'Show all keys' : 'Show the services'}
      </a>
    </div>
  );
}

function Table({ frame, keys }: { readonly frame: PageFrame; readonly keys: AllKeys['keys'] }) {
  return (
    <div class="card sheet">
      <table class="keys each">
        <caption class="sr">Keys of every service</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Key</th>
            <th scope="col">Status</th>
            <th scope="col">Environment</th>
            <th scope="col">Last used</th>
            <th scope="col">Expires</th>
            <th scope="col">Service</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((found) => (
            <Row frame={frame} of={found} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  frame: { base, now },
  of: { service, key, environment },
}: {
  readonly frame: PageFrame;
  readonly of: AllKeys['keys'][number];
}) {
  return (
    <tr>
      <td>
        <a href={`${base}/${service.path}/keys/${encodeURIComponent(key.id)}`}>
          <Text>{key.name || key.id}</Text>
        </a>
      </td>
      <td>
        <Hint of={key} />
      </td>
      <td class="status">
        <Status status={key.status} />
      </td>
      <td>
        <Environment of={environment} />
      </td>
      <td>
        <Time at={key.last_used} now={now} brief />
      </td>
      <td>
        <Time at={key.expires_at} now={now} brief />
      </td>
      <td class="of">
        <Text>{service.name}</Text>
      </td>
    </tr>
  );
}
