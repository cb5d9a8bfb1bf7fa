import { type PageFrame, Text } from '../components.js';

/** Stands for a page whose service is slow. Its header leads on to the page; the link does, too. */
export function WaitingPage({
  frame,
  service,
  address,
}: {
  readonly frame: PageFrame;
  readonly service: string;
  readonly address: string;
}) {
  return (
    <div class="narrow">
      <div class="head">
        <h1>
          Waiting for <Text>{service}</Text>
        </h1>
      </div>
      <div class="note warn" role="status">
        <p aria-busy="true">
          <Text>{service}</Text> has not responded yet. Its page opens as soon as it does.
        </p>
      </div>
      <div class="actions">
        <a class="button primary" href={address}>
          Go on waiting
        </a>
        <a class="button" href={frame.home ?? frame.base}>
          All services
        </a>
      </div>
    </div>
  );
}
