// White fur drawn on a canvas from a seed: tapered strands rooted along an edge, leaning with a slow
// noise, the dark undercoat first. Drawn once a size (0.2 to 0.5 s) and never on a change of content.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  radius: number;
}

export interface Light {
  x: number;
  y: number;
  reach: number;
  /** Red, green, blue at full strength, and how strong. */
  colour: [number, number, number];
  strength: number;
}

/** Colours of the strands, from the undercoat up. */
export interface Coat {
  shadow: string[];
  low: string[];
  middle: string[];
  high: string[];
}

export const DAY: Coat = {
  shadow: ['rgb(104 138 174 / .26)', 'rgb(124 154 188 / .20)'],
  low: ['#bed1e4', '#d0deeb', '#b4cae0'],
  middle: ['#e4edf6', '#f4f3ee', '#dae6f1'],
  high: ['#fffdf8', '#ffffff', '#faf6ee'],
};

// Night multiplies the fur by the light that falls on it: more difference between strands is needed.
export const NIGHT: Coat = {
  shadow: ['rgb(20 30 50 / .5)', 'rgb(30 40 60 / .4)'],
  low: ['#7f92a8', '#8fa1b5', '#73879e'],
  middle: ['#b9c6d4', '#cbd3dc', '#a9b9ca'],
  high: ['#fffdf8', '#f2ede4', '#dfe6ee'],
};

type Random = () => number;
type Pen = CanvasRenderingContext2D;

interface Root {
  x: number;
  y: number;
  outward: number; // angle
  along: number;
}

/** Numbers in [0, 1) from a seed, the same everywhere (mulberry32). */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** How the fur was stroked: a slow wave along the edge. */
const stroked = (along: number) =>
  Math.sin(along * 0.021) * 0.6 + Math.sin(along * 0.057 + 1.3) * 0.35 + Math.sin(along * 0.131 + 4) * 0.25;

/** Hairs of one lock lean together: towards its middle. */
function clumped(along: number): number {
  const lock = 31 + 9 * Math.sin(along * 0.011);
  return (0.5 - (along % lock) / lock) * 0.5;
}

const oneOf = <Thing>(things: Thing[], random: Random) => things[(random() * things.length) | 0]!;

/** One hair: as wide as said at its root, nothing at its tip. */
function drawHair(pen: Pen, x: number, y: number, angle: number, length: number, bend: number, width: number) {
  const middleX = x + Math.cos(angle) * length * 0.55;
  const middleY = y + Math.sin(angle) * length * 0.55;
  const tipX = middleX + Math.cos(angle + bend) * length * 0.5;
  const tipY = middleY + Math.sin(angle + bend) * length * 0.5 + length * 0.06;
  const sideX = -Math.sin(angle) * width;
  const sideY = Math.cos(angle) * width;
  pen.moveTo(x + sideX, y + sideY);
  pen.quadraticCurveTo(middleX + sideX * 0.6, middleY + sideY * 0.6, tipX, tipY);
  pen.quadraticCurveTo(middleX - sideX * 0.6, middleY - sideY * 0.6, x - sideX, y - sideY);
}

/** Where hairs grow along a rounded box. */
function rootsAround({ x, y, width, height, radius }: Box, step: number): Root[] {
  const roots: Root[] = [];
  let along = 0;
  const line = (x0: number, y0: number, x1: number, y1: number, outward: number) => {
    const length = Math.hypot(x1 - x0, y1 - y0);
    for (let at = 0; at < length; at += step) {
      const part = at / length;
      roots.push({ x: x0 + (x1 - x0) * part, y: y0 + (y1 - y0) * part, outward, along: (along += step) });
    }
  };
  const corner = (centreX: number, centreY: number, start: number) => {
    const length = (radius * Math.PI) / 2;
    for (let at = 0; at < length; at += step) {
      const outward = start + ((at / length) * Math.PI) / 2;
      roots.push({
        x: centreX + Math.cos(outward) * radius,
        y: centreY + Math.sin(outward) * radius,
        outward,
        along: (along += step),
      });
    }
  };
  const [left, top, right, bottom] = [x + radius, y + radius, x + width - radius, y + height - radius];
  line(left, y, right, y, -Math.PI / 2);
  corner(right, top, -Math.PI / 2);
  line(x + width, top, x + width, bottom, 0);
  corner(right, bottom, 0);
  line(right, y + height, left, y + height, Math.PI / 2);
  corner(left, bottom, Math.PI / 2);
  line(x, bottom, x, top, Math.PI);
  corner(left, top, Math.PI);
  return roots;
}

/** Fur growing outward from the edge of a box. `length` and `depth` (how far in it is rooted) in px. */
export function paintFur(pen: Pen, box: Box, { seed = 3, length = 46, depth = 26, coat = DAY } = {}): void {
  const random = randomFrom(seed);
  const roots = rootsAround(box, 1.36);
  // colours, how long, how far in, how wide, how many a root
  const layers: [string[], number, number, number, number][] = [
    [coat.shadow, 1.34, 0.9, 1, 2],
    [coat.low, 1.2, 0.95, 1, 3],
    [coat.middle, 1.12, 0.9, 0.95, 2.5],
    [coat.high, 1.04, 0.9, 0.85, 2],
    [coat.low, 1.02, 1, 0.5, 0.25],
    [coat.high, 0.96, 0.9, 0.8, 0.75],
  ];
  for (const [colours, long, rooted, wide, many] of layers) {
    for (const root of roots) {
      for (let hair = random() < many % 1 ? -1 : 0; hair < Math.floor(many); hair += 1) {
        const inward = depth * random() * rooted;
        const lean = stroked(root.along) * 0.5 + clumped(root.along) + (random() - 0.5) * 0.7;
        pen.fillStyle = oneOf(colours, random);
        pen.beginPath();
        drawHair(
          pen,
          root.x - Math.cos(root.outward) * inward,
          root.y - Math.sin(root.outward) * inward,
          root.outward + lean,
          length * long * (0.55 + random() * 0.75),
          (random() - 0.5) * 1.1 + stroked(root.along * 1.7) * 0.3,
          wide * (0.7 + random()),
        );
        pen.fill();
      }
    }
  }
}

/** A rug of fur from `top` down, `height` high, over the whole width. */
export function paintRug(
  pen: Pen,
  { width, top, height }: { width: number; top: number; height: number },
  { seed = 9, length = 44, coat = DAY } = {},
): void {
  const random = randomFrom(seed);
  const ground = pen.createLinearGradient(0, top, 0, top + height);
  ground.addColorStop(0, coat.middle[0]!);
  ground.addColorStop(1, coat.low[0]!);
  pen.fillStyle = ground;
  pen.fillRect(0, top + 24, width, height);
  for (let row = 0; row < height + 10; row += 7) {
    const near = row / height;
    for (let x = -20; x < width + 20; x += 2.2) {
      const shade = random() < 0.2 + near * 0.3 ? coat.low : random() < 0.5 ? coat.middle : coat.high;
      pen.fillStyle = oneOf(shade, random);
      pen.beginPath();
      drawHair(
        pen,
        x + random() * 4,
        top + row + 12 + random() * 8,
        -Math.PI / 2 + stroked(x * 0.8 + row * 3) * 0.8 + (random() - 0.5) * 0.8,
        length * (0.45 + random() * 0.6) * (0.75 + near * 0.4),
        (random() - 0.5) * 1.6,
        0.9 + random() * 1.1,
      );
      pen.fill();
    }
  }
}

/** Lights what is painted so far as lamps would: all else of it falls into the dark. */
export function lightUp(pen: Pen, dark: string, lights: Light[], dim = 1): void {
  const { width, height } = pen.canvas;
  const shape = copyOf(pen.canvas);
  const lit = copyOf(pen.canvas, false);
  lit.fillStyle = dark;
  lit.fillRect(0, 0, width, height);
  lit.globalCompositeOperation = 'lighter';
  lit.setTransform(pen.getTransform());
  for (const { x, y, reach, colour, strength } of lights) {
    const glow = lit.createRadialGradient(x, y, reach / 30, x, y, reach);
    const at = (part: number) => `rgb(${colour.join(' ')} / ${part * strength * dim})`;
    glow.addColorStop(0, at(1));
    glow.addColorStop(0.4, at(0.36));
    glow.addColorStop(1, at(0));
    lit.fillStyle = glow;
    lit.fillRect(x - reach, y - reach, 2 * reach, 2 * reach);
  }
  pen.save();
  pen.resetTransform();
  pen.globalCompositeOperation = 'multiply';
  pen.drawImage(lit.canvas, 0, 0);
  pen.globalCompositeOperation = 'destination-in';
  pen.drawImage(shape.canvas, 0, 0);
  pen.restore();
}

/** A pen on a canvas of the same size, with or without the same picture. */
export function copyOf(canvas: HTMLCanvasElement, filled = true): Pen {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const pen = copy.getContext('2d')!;
  if (filled) pen.drawImage(canvas, 0, 0);
  return pen;
}
