import { setTimeout as wait } from 'node:timers/promises';
import { Hono } from 'hono';
import { expect, it, onTestFinished } from 'vitest';
import type { ConsoleEnv } from '../../../src/service/console/visit.js';
import { serveConsole } from '../../../src/service/http/serve-console.js';
import { settableClock } from '../../support/settable-clock.js';

const QUIET_MS = 100;

it('answers a request that takes longer than a connection may be quiet', async () => {
  const app = new Hono<ConsoleEnv>().get('/slow', async (context) => {
    await wait(10 * QUIET_MS);
    return context.text('done');
  });
  const running = await serveConsole(app, settableClock(), { idleMs: QUIET_MS });
  onTestFinished(() => running.close());
  expect(await (await fetch(`${running.url}/slow`)).text()).toBe('done');
  // Another one over the same connection, whose time to be quiet began anew.
  expect(await (await fetch(`${running.url}/slow`)).text()).toBe('done');
});

it('counts the time without a request from the end of the last one', async () => {
  const clock = settableClock();
  const app = new Hono<ConsoleEnv>().get('/slow', (context) => {
    clock.advance(60_000);
    return context.text('done');
  });
  const running = await serveConsole(app, clock);
  onTestFinished(() => running.close());
  await (await fetch(`${running.url}/slow`)).text();
  expect(running.idleMs()).toBeLessThan(60_000);
});
