// Where the videos wall's pictures hang: each as large as can be, one of them larger.

export interface Shape {
  id: string;
  /** Width to height of the picture. */
  ratio: number;
  isLarge: boolean;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A place for pictures; all in the same unit. */
export interface Stage extends Box {
  gap: number;
}

interface Hung {
  boxes: Map<string, Box>;
  /** Greater where pictures are larger, the small ones above all. */
  score: number;
}

// A picture may lose so much of its sides where that makes it larger.
const NARROWEST = 0.86;
// Stranger shapes than a telephone's and a television's are cut to these.
const [TALLEST, WIDEST] = [9 / 16, 16 / 9];
// How much the large one counts against each other one, and how much larger it has to be.
const LARGE_COUNTS = 1.5;
const LARGER_BY = 1.6;
const WHOLE = 12; // a stage is split by its twelfths
const NOWHERE: Hung = { boxes: new Map(), score: -Infinity };
const NOTHING: Hung = { boxes: new Map(), score: 0 };

/** The shape of a picture; of one that is not known yet, a television's. */
export function ratioOf(width_px: number, height_px: number): number {
  if (width_px <= 0 || height_px <= 0) return WIDEST;
  return Math.min(WIDEST, Math.max(TALLEST, width_px / height_px));
}

/** A box for each picture by its id, within the stage, none over another. */
export function hang(shapes: Shape[], stage: Stage): Map<string, Box> {
  const main = shapes.find((shape) => shape.isLarge);
  const others = shapes.filter((shape) => shape !== main);
  if (!main || !others.length) return beside(shapes, stage).boxes;
  const alike = others.toSorted((one, other) => Number(one.ratio >= 1) - Number(other.ratio >= 1));
  const framed = better(around(main, others, stage), around(main, alike, stage));
  return pushed(framed, stage, 0.5, 0.5).boxes;
}

/** In rows; or the tall ones in a part of their own, where that is better. None larger than `most`. */
function beside(shapes: Shape[], stage: Stage, most = Infinity): Hung {
  const tall = shapes.filter(({ ratio }) => ratio < 1);
  const wide = shapes.filter(({ ratio }) => ratio >= 1);
  let best = inRows(shapes, stage, most);
  if (!tall.length || !wide.length) return best;
  for (let across = 1; across < WHOLE; across += 1) {
    const [left, right] = splitAcross(stage, across / WHOLE);
    const [wideHung, tallHung] = [inRows(wide, left, most), inRows(tall, right, most)];
    if (!isBetter(wideHung.score + tallHung.score, best)) continue;
    const close = both(pushed(wideHung, left, 1, 0.5), pushed(tallHung, right, 0, 0.5));
    best = pushed(close, stage, 0.5, 0.5);
  }
  return best;
}

/** The large one at the upper left, the others right of it and below it, close to it. */
function around(main: Shape, others: Shape[], stage: Stage): Hung {
  let best = NOWHERE;
  for (let across = WHOLE / 4; across <= WHOLE; across += 1) {
    for (let down = WHOLE / 2; down <= WHOLE; down += 1) {
      const [left, right] = splitAcross(stage, across / WHOLE);
      const [above, below] = splitDown(left, down / WHOLE);
      const large = inRows([main], above, Infinity, LARGE_COUNTS);
      const most = areaOf(large.boxes.get(main.id)) / LARGER_BY;
      for (let count = 0; count <= others.length; count += 1) {
        // A part takes room exactly where it holds something.
        const isRightUsed = count > 0;
        const isBelowUsed = count < others.length;
        if (isRightUsed !== (across < WHOLE) || isBelowUsed !== (down < WHOLE)) continue;
        const rightHung = beside(others.slice(0, count), right, most);
        const belowHung = beside(others.slice(count), below, most);
        if (!isBetter(large.score + rightHung.score + belowHung.score, best)) continue;
        const column = both(pushed(large, above, 1, isBelowUsed ? 1 : 0.5), pushed(belowHung, below, 1, 0));
        best = both(column, pushed(rightHung, right, 0, 0.5));
      }
    }
  }
  return best;
}

/** All of one height, in the number of rows that makes them largest, in the middle of the stage. */
function inRows(shapes: Shape[], stage: Stage, most: number, counts = 1): Hung {
  if (!shapes.length) return NOTHING;
  let best = NOWHERE;
  for (let count = 1; count <= shapes.length; count += 1) {
    best = better(best, rowsOf(rowsFor(shapes, count), stage, most, counts));
  }
  return best;
}

/** The shapes in their order, in so many rows of much the same width. */
function rowsFor(shapes: Shape[], count: number): Shape[][] {
  const rows: Shape[][] = Array.from({ length: count }, () => []);
  const whole = shapes.reduce((sum, { ratio }) => sum + ratio, 0);
  let hung = 0;
  for (const shape of shapes) {
    rows[Math.floor(((hung + shape.ratio / 2) / whole) * count)]!.push(shape);
    hung += shape.ratio;
  }
  return rows.filter((row) => row.length);
}

function rowsOf(rows: Shape[][], { x, y, width, height, gap }: Stage, most: number, counts: number): Hung {
  const rooms = rows.map((row) => ({
    room: width - gap * (row.length - 1),
    ratio: row.reduce((sum, shape) => sum + shape.ratio, 0),
  }));
  const tall = Math.min(
    (height - gap * (rows.length - 1)) / rows.length,
    ...rooms.map(({ room, ratio }) => room / (ratio * NARROWEST)),
    ...rows.flat().map(({ ratio }) => Math.sqrt(most / ratio)),
  );
  if (tall <= 0) return NOWHERE;
  const kept = Math.min(1, ...rooms.map(({ room, ratio }) => room / (ratio * tall)));
  const boxes = new Map<string, Box>();
  let top = y + (height - rows.length * tall - gap * (rows.length - 1)) / 2;
  let score = 0;
  rows.forEach((row, at) => {
    const { room, ratio } = rooms[at]!;
    let left = x + (room - ratio * kept * tall) / 2;
    for (const shape of row) {
      const wide = shape.ratio * kept * tall;
      boxes.set(shape.id, { x: left, y: top, width: wide, height: tall });
      score -= counts / Math.sqrt(wide * tall);
      left += wide + gap;
    }
    top += tall + gap;
  });
  return { boxes, score };
}

function splitAcross(stage: Stage, part: number): [Stage, Stage] {
  const width = part === 1 ? stage.width : stage.width * part - stage.gap / 2;
  const x = stage.x + width + stage.gap;
  return [
    { ...stage, width },
    { ...stage, x, width: stage.x + stage.width - x },
  ];
}

function splitDown(stage: Stage, part: number): [Stage, Stage] {
  const height = part === 1 ? stage.height : stage.height * part - stage.gap / 2;
  const y = stage.y + height + stage.gap;
  return [
    { ...stage, height },
    { ...stage, y, height: stage.y + stage.height - y },
  ];
}

const isBetter = (score: number, than: Hung) => score > than.score + 1e-9;
const better = (one: Hung, other: Hung) => (isBetter(other.score, one) ? other : one);
const both = (one: Hung, other: Hung): Hung => ({
  boxes: new Map([...one.boxes, ...other.boxes]),
  score: one.score + other.score,
});
const areaOf = (box: Box | undefined) => (box ? box.width * box.height : 0);

/** The same all together, moved to where the stage is so full: 0 is left or up, 1 right or down. */
function pushed({ boxes, score }: Hung, stage: Stage, across: number, down: number): Hung {
  const all = [...boxes.values()];
  const [left, top] = [Math.min(...all.map((box) => box.x)), Math.min(...all.map((box) => box.y))];
  const right = Math.max(...all.map((box) => box.x + box.width));
  const bottom = Math.max(...all.map((box) => box.y + box.height));
  const x = stage.x + (stage.width - (right - left)) * across - left;
  const y = stage.y + (stage.height - (bottom - top)) * down - top;
  const moved = [...boxes].map(([id, box]) => [id, { ...box, x: box.x + x, y: box.y + y }] as const);
  return { boxes: new Map(moved), score };
}
