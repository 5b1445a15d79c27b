// Moving about in a film by its pictures. `frames_s` says where each begins, in order.

// A seek to the very beginning of a picture may show the one before: browsers round.
const INSIDE_S = 0.004;

/** The number of the picture that is shown then; the first where it is earlier than all. */
export function frameAt(frames_s: number[], at_s: number): number {
  let low = 0;
  let high = frames_s.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (frames_s[middle]! <= at_s + 1e-6) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** The number of the first picture that begins then or later; the count of all where none does.
 *
 * Both are kept to a few microseconds; half a tick of the recording (1/90000 s) is the slack. */
export function frameFrom(frames_s: number[], at_s: number): number {
  const at = frameAt(frames_s, at_s + 6e-6);
  const begins_s = frames_s[at];
  return begins_s !== undefined && begins_s < at_s - 6e-6 ? at + 1 : at;
}

/** A moment inside the picture with that number, so that a player shows it. */
export function inside(frames_s: number[], frame: number, end_s: number): number {
  const begins_s = frames_s[frame] ?? end_s;
  const next_s = frames_s[frame + 1] ?? end_s;
  return begins_s + Math.min(INSIDE_S, Math.max(0, next_s - begins_s) / 2);
}

/** Where a picture begins; the film's end for one after the last. */
export const beginning = (frames_s: number[], frame: number, end_s: number): number =>
  frames_s[frame] ?? end_s;

export interface Marks {
  /** The first picture of the answer. */
  first: number;
  /** The first picture that is no part of it any more. */
  end: number;
}

/** The marks with one of them moved: at least one picture stays between them. */
export function moved(marks: Marks, which: 'first' | 'end', to: number, count: number): Marks {
  return which === 'first'
    ? { ...marks, first: Math.min(Math.max(0, to), marks.end - 1) }
    : { ...marks, end: Math.max(Math.min(count, to), marks.first + 1) };
}

/** What of the film the timeline shows. */
export interface View {
  from_s: number;
  span_s: number;
}

/** The view made closer or wider around a moment that stays where it is; inside of the film. */
export function zoomed(view: View, by: number, at_s: number, length_s: number): View {
  const span_s = Math.min(length_s, Math.max(1, view.span_s * by));
  const share = view.span_s ? (at_s - view.from_s) / view.span_s : 0;
  return held({ from_s: at_s - share * span_s, span_s }, length_s);
}

/** The view moved so that it shows that moment, no further than needed. */
export function following(view: View, at_s: number, length_s: number): View {
  if (at_s >= view.from_s && at_s <= view.from_s + view.span_s) return view;
  return held({ ...view, from_s: at_s - view.span_s / 10 }, length_s);
}

const held = ({ from_s, span_s }: View, length_s: number): View => ({
  span_s,
  from_s: Math.max(0, Math.min(length_s - span_s, from_s)),
});
