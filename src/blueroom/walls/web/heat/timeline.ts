// The time that a map's scrubber spans, its curve and its moments.
import type { HeatCounts, Moment } from '../wire';

const MINUTE_S = 60;
const LONGEST_S = 6 * 3600; // of what came before the air: days of collecting would hide the hour
const SHORTEST_S = 10 * MINUTE_S;
const WAITED_S = 10 * MINUTE_S; // for the first post: an opening long before it shows an empty hour
export const BARS = 240;

export interface Span {
  from_s: number;
  until_s: number;
}

const secondsOf = (at: string | Date) => new Date(at).getTime() / 1000;

/** From the opening or the first post, at most six hours before the air, to `now_s` or the end. */
export function spanOf(
  counts: HeatCounts,
  session: { on_air_at: string | null },
  moments: Moment[],
  now_s: number,
): Span {
  const closed = moments.find(({ kind }) => kind === 'closed');
  const until_s = closed ? Math.max(secondsOf(closed.at), lastOf(counts)) : now_s;
  const shown_s = session.on_air_at ? secondsOf(session.on_air_at) : until_s;
  const first = counts.from_at ? secondsOf(counts.from_at) : until_s - SHORTEST_S;
  const opened = moments.find(({ kind, at }) => kind === 'opened' && first - secondsOf(at) < WAITED_S);
  const began_s = Math.min(first, opened ? secondsOf(opened.at) : first);
  const from_s = Math.min(Math.max(began_s, shown_s - LONGEST_S), until_s - SHORTEST_S);
  return { from_s, until_s };
}

const lastOf = ({ from_at, curve }: HeatCounts) =>
  from_at ? secondsOf(from_at) + curve.length * MINUTE_S : 0;

/** Heights from 0 to 1 of the bars of a span, the first at its begin. */
export function barsOf({ from_at, curve }: HeatCounts, span: Span): number[] {
  const length_s = span.until_s - span.from_s;
  const number = Math.max(1, Math.min(BARS, Math.ceil(length_s / MINUTE_S)));
  const bars = new Array<number>(number).fill(0);
  if (!from_at) return bars;
  const first_s = secondsOf(from_at);
  curve.forEach((posts, minute) => {
    const share = (first_s + (minute + 0.5) * MINUTE_S - span.from_s) / length_s;
    const at = Math.floor(share * number);
    if (at >= 0 && at < number) bars[at]! += posts;
  });
  const most = Math.max(1, ...bars);
  return bars.map((posts) => Math.sqrt(posts / most));
}

/** How many posts had come by a moment, as far as the curve knows. */
export function postsAt({ posts, from_at, curve }: HeatCounts, moment_s: number): number {
  const known = curve.reduce((sum, one) => sum + one, 0);
  let sum = posts - known;
  if (!from_at) return sum;
  const minutes = (moment_s - secondsOf(from_at)) / MINUTE_S;
  const whole = Math.max(0, Math.min(curve.length, Math.floor(minutes)));
  for (let i = 0; i < whole; i += 1) sum += curve[i]!;
  if (minutes > 0 && whole < curve.length) sum += Math.round(curve[whole]! * (minutes - whole));
  return sum;
}

/** The curve with its last minutes replaced by those that a change tells. */
export function withTail(known: HeatCounts, told: HeatCounts): HeatCounts {
  if (!known.from_at || !told.from_at) return told.from_at ? told : { ...known, posts: told.posts };
  const after = Math.round((secondsOf(told.from_at) - secondsOf(known.from_at)) / MINUTE_S);
  if (after < 0) return { ...known, posts: told.posts };
  const before = known.curve.slice(0, after);
  while (before.length < after) before.push(0);
  return { posts: told.posts, from_at: known.from_at, curve: [...before, ...told.curve] };
}

const STEPS_S = [60, 300, 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600];

/** The moments of round hours and minutes that fit under the curve, in the zone of the room. */
export function ticksOf(span: Span, most = 9): number[] {
  const length_s = span.until_s - span.from_s;
  const step_s = STEPS_S.find((step) => length_s / step <= most) ?? 12 * 3600;
  const first = Math.ceil(span.from_s / step_s) * step_s;
  const ticks = [];
  for (let at = first; at <= span.until_s; at += step_s) ticks.push(at);
  return ticks;
}

/** A moment on the timeline: its share of the span, and its number where it is a question's. */
export interface Mark {
  kind: string;
  text: string;
  at_s: number;
  share: number;
  number: number;
}

/** The moments inside the span; a question's number counts those before it too. */
export function marksOf(moments: Moment[], span: Span): Mark[] {
  let number = 0;
  return moments
    .map(({ kind, text, at }): Mark => {
      const at_s = secondsOf(at);
      const share = (at_s - span.from_s) / (span.until_s - span.from_s);
      return { kind, text, at_s, share, number: kind === 'question' ? (number += 1) : 0 };
    })
    .filter(({ share, kind }) => share >= 0 && share <= 1 && kind !== 'closed');
}

/** The question that was on air at that moment, as far as moments tell: the last one put there. */
export function questionAt(marks: Mark[], moment_s: number): Mark | null {
  return marks.findLast(({ kind, at_s }) => kind === 'question' && at_s <= moment_s) ?? null;
}
