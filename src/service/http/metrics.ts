import { INVALID_REASONS, type InvalidReason } from '../../domain/key-service.js';
import type { ActivityMetrics } from '../gathering.js';

/** What the service counts of itself, in this process, since its start. */
export interface Metrics extends ActivityMetrics {
  /** `route` is a pattern of ours, never an address; the time in milliseconds. */
  responded(route: string, status: number, ms: number): void;
  refused(reason: InvalidReason): void;
  /** Adds more to the text, which ends without a line end. */
  addSource(source: () => string): void;
  /** In Prometheus' text format. */
  text(): string;
}

/** Of the version of the format. Source: Prometheus, exposition formats. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Upper bounds in seconds. */
const BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

interface Series {
  readonly statuses: Map<number, number>;
  /** One for each bound, and one for what is above them all. */
  readonly buckets: number[];
  sumMs: number;
}

/** Statuses of a broken service: an alarm on their rate misses a series that begins with its first event. */
const BROKEN = [500, 503];

/**
 * Each series whose labels are known is there from the start, with 0: those of all reasons, of these
 * environments, and of the failures of these routes.
 */
export function createMetrics(environments: readonly string[] = [], routes: readonly string[] = []): Metrics {
  const byRoute = new Map<string, Series>();
  const sources: Array<() => string> = [];
  const none = <Name>(names: readonly Name[]) => new Map(names.map((name) => [name, 0]));
  const byReason = none(INVALID_REASONS);
  const keysRefused = none(environments);
  const newAddresses = none(environments);
  const add = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

  const seriesOf = (route: string): Series => {
    const known = byRoute.get(route);
    if (known !== undefined) return known;
    const buckets = Array<number>(BUCKETS.length + 1).fill(0);
    const series: Series = { statuses: none(BROKEN), buckets, sumMs: 0 };
    byRoute.set(route, series);
    return series;
  };
  for (const route of routes) seriesOf(route);

  return {
    responded(route, status, ms) {
      const series = seriesOf(route);
      series.statuses.set(status, (series.statuses.get(status) ?? 0) + 1);
      const place = BUCKETS.findIndex((bound) => ms <= bound * 1000);
      const bucket = place < 0 ? BUCKETS.length : place;
      series.buckets[bucket] = (series.buckets[bucket] ?? 0) + 1;
      series.sumMs += ms;
    },
    refused(reason) {
      byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
    },
    keyRefused: (environment) => void add(keysRefused, environment),
    newAddress: (environment) => void add(newAddresses, environment),
    addSource: (source) => void sources.push(source),
    text: () =>
      [
        ...requests(byRoute),
        ...durations(byRoute),
        ...refusals(byReason),
        ...byEnvironment(
          'keys_known_key_refusals_total',
          'Refusals of keys that the service knows.',
          keysRefused,
        ),
        ...byEnvironment(
          'keys_new_addresses_total',
          'First uses of live keys from an address.',
          newAddresses,
        ),
        ...sources.map((source) => source()),
        '',
      ].join('\n'),
  };
}

function requests(byRoute: ReadonlyMap<string, Series>): string[] {
  const lines = [...byRoute].flatMap(([route, { statuses }]) =>
    [...statuses].map(
      ([status, count]) => `keys_http_requests_total{route="${route}",status="${status}"} ${count}`,
    ),
  );
  return [...about('keys_http_requests_total', 'counter', 'Requests with a response.'), ...lines];
}

function durations(byRoute: ReadonlyMap<string, Series>): string[] {
  const name = 'keys_http_request_duration_seconds';
  const lines = [...byRoute].flatMap(([route, { buckets, sumMs }]) => {
    let sum = 0;
    const upTo = buckets.map((count, i) => {
      sum += count;
      return `${name}_bucket{route="${route}",le="${BUCKETS[i] ?? '+Inf'}"} ${sum}`;
    });
    return [
      ...upTo,
      `${name}_sum{route="${route}"} ${sumMs / 1000}`,
      `${name}_count{route="${route}"} ${sum}`,
    ];
  });
  return [...about(name, 'histogram', 'Time from the headers of a request to its response.'), ...lines];
}

function refusals(byReason: ReadonlyMap<InvalidReason, number>): string[] {
  return [
    ...about('keys_refused_total', 'counter', 'Keys that came with a request and were refused.'),
    ...[...byReason].map(([reason, count]) => `keys_refused_total{reason="${reason}"} ${count}`),
  ];
}

function byEnvironment(name: string, help: string, counts: ReadonlyMap<string, number>): string[] {
  const lines = [...counts].map(
    ([environment, count]) => `${name}{environment="${environment.replace(/[\\"\n]/g, '_')}"} ${count}`,
  );
  return [...about(name, 'counter', help), ...lines];
}

function about(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}
