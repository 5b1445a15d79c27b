// The line of a sparkline.

export interface Point {
  x: number;
  y: number;
}

/** Where the values lie in a box of that size, the highest at its top; `margin` all round. */
export function pointsOf(values: number[], width: number, height: number, margin: number): Point[] {
  const top = Math.max(4, ...values); // a handful of posts is no mountain
  const step = (width - 2 * margin) / Math.max(1, values.length - 1);
  return values.map((value, at) => ({
    x: margin + at * step,
    y: height - margin - (value / top) * (height - 2 * margin),
  }));
}

/** A smooth path through the points that never overshoots them (monotone in x). */
export function pathThrough(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let from = first;
  let path = `M${first.x} ${first.y}`;
  for (const to of rest) {
    const middle = (from.x + to.x) / 2;
    path += `C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
    from = to;
  }
  return path;
}
