// What is done to lines of captions. Nothing here changes what it is given.
import type { Cue } from './api';

const SHORTEST_S = 0.3;

/** The lines with one parted in two at a place in its text; its time is parted by the letters. */
export function split(cues: Cue[], at: number, place: number): Cue[] {
  const cue = cues[at];
  if (!cue) return cues;
  const before = cue.text.slice(0, place).trim();
  const after = cue.text.slice(place).trim();
  const share = before.length / Math.max(1, before.length + after.length);
  const least = Math.min(SHORTEST_S, (cue.end_s - cue.start_s) / 2);
  const middle_s = Math.min(
    cue.end_s - least,
    Math.max(cue.start_s + least, cue.start_s + share * (cue.end_s - cue.start_s)),
  );
  return replaced(cues, at, 1, [
    { ...cue, end_s: rounded(middle_s), text: before },
    { ...cue, start_s: rounded(middle_s), text: after },
  ]);
}

/** The lines with one and the next made one. */
export function merged(cues: Cue[], at: number): Cue[] {
  const [one, next] = [cues[at], cues[at + 1]];
  if (!one || !next) return cues;
  const text = [one.text, next.text].filter(Boolean).join(' ');
  return replaced(cues, at, 2, [{ start_s: one.start_s, end_s: next.end_s, text }]);
}

/** The lines with another one after this: where the playhead is if that is free, else at once. */
export function inserted(cues: Cue[], after: number, at_s: number, duration_s: number): Cue[] {
  const from_s = cues[after]?.end_s ?? 0;
  const until_s = cues[after + 1]?.start_s ?? Math.max(duration_s, from_s + 2);
  const start_s = at_s > from_s && at_s < until_s - SHORTEST_S ? at_s : from_s;
  const end_s = Math.max(start_s + SHORTEST_S, Math.min(start_s + 2, until_s));
  return replaced(cues, after + 1, 0, [
    { start_s: rounded(start_s), end_s: rounded(end_s), text: '' },
  ]);
}

/** The lines without one. */
export const removed = (cues: Cue[], at: number): Cue[] => replaced(cues, at, 1, []);

/** The lines with some values of one changed; an end never comes before its beginning. */
export function changed(cues: Cue[], at: number, values: Partial<Cue>): Cue[] {
  const cue = cues[at];
  if (!cue) return cues;
  const next = { ...cue, ...values };
  if (values.start_s !== undefined && next.end_s <= next.start_s) {
    next.end_s = rounded(next.start_s + SHORTEST_S);
  }
  if (values.end_s !== undefined && next.end_s <= next.start_s) {
    next.start_s = rounded(next.end_s - SHORTEST_S);
  }
  return replaced(cues, at, 1, [next]);
}

/** The number of the line that is heard then; -1 where none is. */
export const lineAt = (cues: Cue[], at_s: number): number =>
  cues.findLastIndex((cue) => cue.start_s <= at_s && at_s < cue.end_s);

/** What of the other captions is heard during a line, for whoever translates it. */
export const heardDuring = (others: Cue[], cue: Cue): string =>
  others
    .filter((one) => Math.min(one.end_s, cue.end_s) - Math.max(one.start_s, cue.start_s) > 0.05)
    .map((one) => one.text)
    .join(' ');

/** A line so much later. */
export const shifted = (cue: Cue, by_s: number): Cue => ({
  ...cue,
  start_s: rounded(cue.start_s + by_s),
  end_s: rounded(cue.end_s + by_s),
});

const rounded = (seconds: number) => Math.round(seconds * 1000) / 1000;

function replaced(cues: Cue[], at: number, count: number, by: Cue[]): Cue[] {
  return [...cues.slice(0, at), ...by, ...cues.slice(at + count)];
}
