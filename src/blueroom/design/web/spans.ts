// Spans of time as people say them.
import type { Say } from './words';

const MINUTE_S = 60;
const HOUR_S = 3600;

/** Whole seconds from `from` to `to`, never negative. */
export function secondsBetween(from: Date | string, to: Date | string): number {
  return Math.max(0, Math.ceil((new Date(to).getTime() - new Date(from).getTime()) / 1000));
}

/** "45 s", "12 min", "2 h 05": what is left, never less than is true. */
export function sayLeft(seconds: number, t: Say): string {
  const minutes = Math.ceil(seconds / MINUTE_S);
  if (minutes < 60) return t('minutes', { n: Math.max(1, minutes) });
  return t('hours', { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, '0') });
}

/** "45 s", "3 min", "2 h 05": how old something is, never more than is true. */
export function sayAge(seconds: number, t: Say): string {
  if (seconds < 2 * MINUTE_S) return t('seconds', { n: seconds });
  if (seconds < HOUR_S) return t('minutes', { n: Math.floor(seconds / MINUTE_S) });
  const minutes = Math.floor(seconds / MINUTE_S);
  return t('hours', { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, '0') });
}

/** "12:05", "1:02:05" for a clock that runs down. */
export function runDown(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / HOUR_S), Math.floor((seconds / MINUTE_S) % 60), seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}
