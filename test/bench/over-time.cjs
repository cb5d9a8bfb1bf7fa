// Loaded before a program (`node --require`), before peak-memory.cjs: tells as lines of its stderr, once it
// ends, how many seconds of processor it took, and how its memory has changed: the median of the last quarter
// of its time, as a share of the median of the second quarter. Nothing of memory for a program that ended
// within some seconds.
const samples = [];
setInterval(() => samples.push(process.memoryUsage.rss()), 250).unref();

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

process.on('exit', () => {
  const write = (line) => require('node:fs').writeSync(2, `\n${line}\n`);
  const { userCPUTime, systemCPUTime } = process.resourceUsage();
  write(`processor ${((userCPUTime + systemCPUTime) / 1e6).toFixed(1)}`);
  const quarter = Math.floor(samples.length / 4);
  if (quarter < 5) return;
  const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)].map(median);
  write(`memory ${(last / second).toFixed(2)}`);
});
