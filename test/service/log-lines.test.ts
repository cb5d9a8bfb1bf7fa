import { expect, it } from 'vitest';
import { gatherLines } from '../../src/service/http/log-lines.js';

it('writes lines together, in order, none twice, soon or at once where there are many', async () => {
  const written: string[] = [];
  const log = gatherLines((text) => written.push(text));
  for (const line of ['a', 'b']) log.write(line);
  expect(written).toEqual([]);
  await expect.poll(() => written).toEqual(['a\nb\n']);
  log.write('c');
  log.flush();
  log.flush();
  expect(written).toEqual(['a\nb\n', 'c\n']);
  log.write('d'.repeat(20_000));
  expect(written[2]).toHaveLength(20_001);
});
