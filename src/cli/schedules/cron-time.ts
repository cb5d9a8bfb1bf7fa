import { DAY_MS } from '../../domain/duration.js';
import type { Scheduled } from './scheduled.js';

const HOUR_MS = 3_600_000;

/** A crontab's time that comes at least this often. */
export function cronTime(every_ms: number): string {
  const minutes = Math.max(1, Math.floor(every_ms / 60_000));
  if (minutes < 60) return minutes === 1 ? '* * * * *' : `*/${minutes} * * * *`;
  const hours = Math.floor(every_ms / HOUR_MS);
  if (hours < 24) return hours === 1 ? '17 * * * *' : `17 */${hours} * * *`;
  const days = Math.floor(every_ms / DAY_MS);
  if (days >= 28) return '17 3 1,15 * *';
  if (days >= 7) return '17 3 * * 1';
  return days === 1 ? '17 3 * * *' : `17 3 */${days} * *`;
}

/** The same times as `cronTime`, as systemd writes them. */
export function calendarTime(every_ms: number): string {
  const [minute = '*', hour = '*', day = '*', , weekday = '*'] = cronTime(every_ms).split(' ');
  const step = (field: string, first: number) =>
    field.startsWith('*/')
      ? `${String(first).padStart(2, '0')}/${field.slice(2)}`
      : field.replace(/^\d$/, '0$&');
  return `${weekday === '1' ? 'Mon ' : ''}*-*-${step(day, 1)} ${step(hour, 0)}:${step(minute, 0)}:00`;
}

/**
 * How often a job runs at least that keeps its data in a cache. GitHub deletes a cache that no job read for 7
 * days, GitLab.com one that no job wrote for 14. One run may be left out.
 */
const CACHE_READ_MS = 3 * DAY_MS;

/** How often such a job runs, and what its file says if that is more often than the file of keys asks for. */
export function cachedTimes({ every_ms, keepsData }: Scheduled): { time: string; note: string } {
  if (!keepsData || every_ms <= CACHE_READ_MS) return { time: cronTime(every_ms), note: '' };
  const note =
    '# It runs every 3 days, more often than the file asks for, so that the cache is not deleted. Keys are rolled only when they are due.\n';
  return { time: cronTime(CACHE_READ_MS), note };
}
