// Which moment somebody means who marks the beginning or the end of an answer.

import type { ShownAt } from '../../design/web/playback';

/** A picture on the screen, and when what it shows was taken. */
export interface Seen {
  key: string;
  at: ShownAt;
}

export interface Around {
  /** The picture whose sound is heard. */
  heard: string | null;
  /** The feed on air. */
  onAir: string | null;
  now: Date;
}

// A longer delay than the programme may have, with what a player adds: a clock is wrong somewhere.
const BELIEVED_MS = 60_000;

/** When the picture that they go by was taken; null for now.
 *
 * Somebody goes by what they hear; in silence by the monitor of what is on air, and without it by
 * the programme.
 */
export function markTime(seen: Seen[], { heard, onAir, now }: Around): Date | null {
  const keys = [heard, onAir, 'programme'];
  const one = keys.map((key) => seen.find((other) => other.key === key)).find((found) => found?.at);
  const at = one?.at;
  if (!at || at === 'now') return null;
  const late_ms = now.getTime() - at.getTime();
  return late_ms > 0 && late_ms < BELIEVED_MS ? at : null;
}

/** "0:07", "12:40", "1:02:40" */
export function clockOf(elapsed_ms: number): string {
  const all_s = Math.max(0, Math.floor(elapsed_ms / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(all_s / 3600), Math.floor(all_s / 60) % 60];
  const tail = `${hours ? two(minutes) : minutes}:${two(all_s % 60)}`;
  return hours ? `${hours}:${tail}` : tail;
}
