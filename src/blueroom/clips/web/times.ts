// Moments to the microsecond, which JavaScript's Date does not have, and seconds of a film.
import type { Footage } from './api';

/** Microseconds since 1970 of an RFC 3339 text; exact, for numbers hold them until the year 2255. */
export function microsOf(text: string): number {
  const found = /\.(\d+)/.exec(text);
  const fraction = Number((found?.[1] ?? '').padEnd(6, '0').slice(0, 6));
  return Date.parse(text.replace(/\.\d+/, '')) * 1000 + fraction;
}

/** The RFC 3339 text of microseconds since 1970. */
export function textOf(micros: number): string {
  const whole_s = Math.floor(micros / 1e6);
  const fraction = String(Math.round(micros - whole_s * 1e6)).padStart(6, '0');
  return new Date(whole_s * 1000).toISOString().replace(/\.000Z$/, `.${fraction}Z`);
}

/** The moment that a second of the film shows, in microseconds. */
export function momentAt(footage: Footage, at_s: number): number {
  const piece = footage.pieces.findLast((one) => one.start_s <= at_s + 1e-9) ?? footage.pieces[0];
  return piece ? Math.round(microsOf(piece.at) + (at_s - piece.start_s) * 1e6) : 0;
}

/** Where in the film a moment is, in seconds; the nearer end of what the film has of it. */
export function secondOf(footage: Footage, micros: number): number {
  const { pieces, duration_s } = footage;
  const at = pieces.findLastIndex((one) => microsOf(one.at) <= micros);
  const piece = pieces[Math.max(0, at)];
  if (!piece) return 0;
  const end_s = pieces[Math.max(0, at) + 1]?.start_s ?? duration_s;
  const at_s = piece.start_s + (micros - microsOf(piece.at)) / 1e6;
  return Math.min(end_s, Math.max(piece.start_s, at_s));
}

/** "1:02.48", with a true minus before it where that is before the beginning. */
export function written(seconds: number, digits = 2): string {
  const scale = 10 ** digits;
  const total = Math.round(Math.abs(seconds) * scale);
  const minutes = Math.floor(total / (60 * scale));
  const rest = (total / scale - minutes * 60).toFixed(digits).padStart(digits ? digits + 3 : 2, '0');
  return `${seconds < 0 && total ? '\u2212' : ''}${minutes}:${rest}`;
}

/** The seconds of a time as people type it: "62.5", "1:02.5", "1:02,5"; null for anything else. */
export function typed(text: string): number | null {
  const found = /^\s*([-\u2212])?\s*(?:(\d+):)?(?:(\d+):)?(\d+(?:[.,]\d*)?)\s*$/.exec(text);
  if (!found) return null;
  const [, minus, first, second, rest] = found;
  const hours = second === undefined ? 0 : Number(first);
  const minutes = second === undefined ? Number(first ?? 0) : Number(second);
  const seconds = hours * 3600 + minutes * 60 + Number(rest!.replace(',', '.'));
  return minus ? -seconds : seconds;
}
