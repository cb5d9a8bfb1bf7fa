import { expect, it } from 'vitest';
import { createActivity } from '../../src/terminal/activity.js';
import type { TextSink } from '../../src/terminal/text-sink.js';
import { underWay } from '../support/under-way.js';

function sink(isTerminal: boolean) {
  let written = '';
  const to: TextSink = {
    isTerminal,
    columns: 80,
    write: async (text) => {
      written += String(text);
    },
  };
  return { to, written: () => written };
}

const ERASED = '\r\u001b[K';

it('says on a terminal what is waited for, and takes it away before anything else is written', async () => {
  const { to, written } = sink(true);
  const activity = createActivity(to, 1);
  const guarded = activity.guard(to);
  let finish = (_: string) => {};
  const work = underWay(
    activity.during('api.example.com\u001b[2J', () => new Promise<string>((done) => (finish = done))),
  );
  await expect.poll(written, { timeout: 60_000 }).toContain('⠋ waiting for api.example.com\\x1b[2J');
  await guarded.write('a message\n');
  expect(written()).toMatch(/J\r\u001b\[Ka message\n$/);
  await expect.poll(() => written().split('waiting').length, { timeout: 60_000 }).toBeGreaterThan(2);
  finish('done');
  expect(await work).toBe('done');
  expect(written().endsWith(ERASED)).toBe(true);
});

it('leaves a line alone that another writer has begun', async () => {
  const { to, written } = sink(true);
  const activity = createActivity(to, 1);
  await activity.guard(to).write('███ 1/3');
  await activity.during('api.example.com', () => new Promise((done) => setTimeout(done, 150)));
  expect(written()).toBe('███ 1/3');
});

it('writes nothing where there is no terminal, and nothing once a pager has the screen', async () => {
  const slow = () => new Promise((done) => setTimeout(done, 150));
  for (const isTerminal of [false, true]) {
    const { to, written } = sink(isTerminal);
    const activity = createActivity(to, 1);
    if (isTerminal) activity.stop();
    await activity.during('api.example.com', slow);
    expect(written()).toBe('');
  }
});
