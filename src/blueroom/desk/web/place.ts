// Where the rows of the virtual list stand: all of one height, save the selected one.

export interface Heights {
  row: number;
  /** The place of the selected row in the list, -1 for none, and how much taller it is. */
  selected: number;
  extra: number;
}

export const topOf = (at: number, { row, selected, extra }: Heights) =>
  at * row + (selected >= 0 && at > selected ? extra : 0);

export const heightOf = (at: number, { row, selected, extra }: Heights) =>
  at === selected ? row + extra : row;

export function rowAt(y: number, heights: Heights): number {
  const { row, selected, extra } = heights;
  if (selected < 0 || y < topOf(selected, heights) + row) return Math.max(0, Math.floor(y / row));
  return Math.max(selected, Math.floor((y - extra) / row));
}

/** The rows to draw: those in sight and a few on either side. `to` is exclusive. */
export function inSight(
  top: number,
  height: number,
  count: number,
  heights: Heights,
  spare = 4,
): { from: number; to: number } {
  const from = Math.max(0, rowAt(top, heights) - spare);
  return { from, to: Math.min(count, rowAt(top + height, heights) + 1 + spare) };
}

/** Where to scroll so that a row is wholly in sight, with some air around; `top` if it is. */
export function scrolledTo(
  at: number,
  top: number,
  height: number,
  heights: Heights,
  air = Math.min(heights.row, height / 4),
): number {
  const rowTop = topOf(at, heights);
  const rowEnd = rowTop + heightOf(at, heights);
  if (rowTop < top + air || rowEnd - rowTop > height) return Math.max(0, rowTop - air);
  return rowEnd > top + height - air ? rowEnd + air - height : top;
}
