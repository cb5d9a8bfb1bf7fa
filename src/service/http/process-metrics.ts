import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What this process uses, in Prometheus' text format. */
export interface ProcessMetrics {
  text(): string;
  stop(): void;
}

/** Measures from now on. `connections`: of callers, open at the moment. */
export function createProcessMetrics(connections: () => number): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  return {
    text() {
      const { user, system } = process.cpuUsage();
      // Before the first measurement there is no percentile.
      const p99 = Number.isNaN(delay.percentile(99)) ? 0 : delay.percentile(99) / 1e9;
      delay.reset();
      return [
        ...metric(
          'process_cpu_seconds_total',
          'counter',
          'Time of a processor, in the program and in the kernel for it.',
          (user + system) / 1e6,
        ),
        ...metric(
          'process_resident_memory_bytes',
          'gauge',
          'Memory of the process.',
          process.memoryUsage.rss(),
        ),
        ...metric(
          'nodejs_heap_size_used_bytes',
          'gauge',
          'Memory of JavaScript values.',
          process.memoryUsage().heapUsed,
        ),
        ...metric('process_uptime_seconds', 'gauge', 'Time since the start.', process.uptime()),
        ...metric(
          'nodejs_eventloop_lag_p99_seconds',
          'gauge',
          'Time between two looks for work, 99th percentile since the last reading.',
          p99,
        ),
        ...metric('keys_open_connections', 'gauge', 'Connections of callers.', connections()),
      ].join('\n');
    },
    stop: () => delay.disable(),
  };
}

function metric(name: string, type: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`];
}
