// How long is left, and how long it has been, as the guest reads it from the corner of an eye.

const MINUTE_MS = 60_000;

/** Minutes until the planned end, negative once it is past; null while the session is not on air. */
export function minutesLeft(
  session: { state: string; on_air_at: string | null; planned_minutes: number },
  now: Date,
): number | null {
  if (session.state !== 'on_air' || !session.on_air_at) return null;
  const end_ms = Date.parse(session.on_air_at) + session.planned_minutes * MINUTE_MS;
  return Math.ceil((end_ms - now.getTime()) / MINUTE_MS);
}

/** "0:07", "12:40": how long since then. */
export function clockSince(since: string, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - Date.parse(since)) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
