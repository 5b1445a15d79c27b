// Which part of a picture a narrower one takes. Shares of the picture, 0 to 1.

export const RATIOS: Record<string, number> = { '16x9': 16 / 9, '9x16': 9 / 16, '1x1': 1 };

// A lower part of a picture than this is none: there all of it is kept, see clips/rules.py.
const CROPPED_AT_MOST = 2;

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The part that a shape takes where its middle is wanted there. */
export function boxOf(
  shape: string,
  picture: { width_px: number; height_px: number },
  middle: { x: number; y: number },
): Box {
  const ratio = (RATIOS[shape] ?? 1) / (picture.width_px / picture.height_px || 1);
  if (ratio >= CROPPED_AT_MOST) return { x: 0, y: 0, width: 1, height: 1 };
  const width = Math.min(1, ratio);
  const height = Math.min(1, 1 / ratio);
  return {
    x: Math.min(1 - width, Math.max(0, middle.x - width / 2)),
    y: Math.min(1 - height, Math.max(0, middle.y - height / 2)),
    width,
    height,
  };
}

/** Where the middle is after the part was moved by so much; no further than the picture goes. */
export function movedBy(box: Box, by: { x: number; y: number }): { x: number; y: number } {
  const x = Math.min(1 - box.width, Math.max(0, box.x + by.x));
  const y = Math.min(1 - box.height, Math.max(0, box.y + by.y));
  return { x: x + box.width / 2, y: y + box.height / 2 };
}
