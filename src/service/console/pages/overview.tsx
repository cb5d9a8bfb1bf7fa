import { commandLine } from '../commands.js';
import { Advice, Command, type PageFrame, Text } from '../components.js';
import { hintParts } from '../page-words.js';
import type { ServiceSummary } from '../summarize.js';

/** Every service that this machine knows, with the number of its keys. */
export function OverviewPage({
  frame,
  summaries,
}: {
  readonly frame: PageFrame;
  readonly summaries: readonly ServiceSummary[];
}) {
  return (
    <>
      <div class="head">
        <h1>Services</h1>
      </div>
      <div class="card sheet">
        <table class="keys">
          <caption class="sr">Services that this machine knows</caption>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Provider</th>
              <th scope="col">State</th>
              <th scope="col">Keys</th>
            </tr>
          </thead>
          <tbody>
            {summaries.map((summary) => (
              <Row base={frame.base} summary={summary} />
            ))}
          </tbody>
        </table>
      </div>
      <Command frame={frame} line={commandLine('list', '--all-profiles')} />
    </>
  );
}

function Row({ base, summary }: { readonly base: string; readonly summary: ServiceSummary }) {
  const { service, title, count, pending, mayCreate, failure } = summary;
  return (
    <tr>
      <td>
        <a href={`${base}/${service.path}/keys`}>
          <Text>{service.name}</Text>
        </a>
        {failure === null ? null : (
          <div class="small soft">
            <Text>{failure.message}</Text>
            {failure.hint === undefined ? null : (
              <>
                <br />
                <Advice of={hintParts(failure.hint)} />
              </>
            )}
          </div>
        )}
      </td>
      <td data-title="Provider" class="nowrap">
        <Text>{title}</Text>
      </td>
      <td class="status">
        {failure === null ? (
          <span class="badge good">reached</span>
        ) : (
          <span class={`badge ${failure.late ? 'warn' : 'bad'}`}>
            {failure.late ? 'waiting' : 'not reached'}
          </span>
        )}
        {pending === 0 ? null : (
          <>
            {' '}
            <a class="badge warn" href={`${base}/${service.path}/pending`}>
              {pending} pending
            </a>
          </>
        )}
      </td>
      <td data-title={count === null ? undefined : 'Keys'}>
        {count === '0' && mayCreate ? (
          <a href={`${base}/${service.path}/keys/new`}>
            Create a key<span class="sr"> of {service.name}</span>
          </a>
        ) : (
          count
        )}
      </td>
    </tr>
  );
}
