import { type AllKeys, MOST_OF_EACH } from '../all-keys.js';
import { listLine } from '../commands.js';
import { Command, Field, Note, type PageFrame, Select, Text } from '../components.js';
import { type FormFields, readFilters } from '../key-form.js';
import { SORTS } from '../key-list.js';
import { KeyTable } from './key-table.js';
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
        <KeyTable
          caption="Keys of every service"
          last="Service"
          now={frame.now}
          keys={keys.map((found) => tableKey(found, frame.base))}
        />
      )}
      <Command frame={frame} line={`${line} --all-profiles`} />
    </>
  );
}

function tableKey({ service, key, environment }: AllKeys['keys'][number], base: string) {
  return {
    key,
    environment,
    address: `${base}/${service.path}/keys/${encodeURIComponent(key.id)}`,
    last: (
      <td class="of">
        <Text>{service.name}</Text>
      </td>
    ),
  };
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
