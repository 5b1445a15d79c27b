// Heat without a graphics card: a small grid of weights that decay, blurred and coloured.
//
// 480 by 270 cells are blurred in two milliseconds whatever the number of posts; the eye does not
// tell them from a blur of the whole screen.

export const GRID = { width: 480, height: 270 };
const WIDE = 4; // a cell of the wide grid is as many cells of the fine one across

/** Sums of a row or column of boxes, as wide as `radius` to both sides; edges are held. */
function blurAcross(from: Float32Array, to: Float32Array, width: number, height: number, radius: number): void {
  const share = 1 / (2 * radius + 1);
  for (let y = 0, row = 0; y < height; y += 1, row += width) {
    let sum = from[row]! * (radius + 1);
    for (let i = 1; i <= radius; i += 1) sum += from[row + Math.min(i, width - 1)]!;
    for (let x = 0; x < width; x += 1) {
      to[row + x] = sum * share;
      sum += from[row + Math.min(width - 1, x + radius + 1)]! - from[row + Math.max(0, x - radius)]!;
    }
  }
}

function blurDown(from: Float32Array, to: Float32Array, width: number, height: number, radius: number, sums: Float32Array): void {
  const share = 1 / (2 * radius + 1);
  for (let x = 0; x < width; x += 1) {
    sums[x] = from[x]! * (radius + 1);
    for (let i = 1; i <= radius; i += 1) sums[x]! += from[x + Math.min(i, height - 1) * width]!;
  }
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    const next = Math.min(height - 1, y + radius + 1) * width;
    const last = Math.max(0, y - radius) * width;
    for (let x = 0; x < width; x += 1) {
      to[row + x] = sums[x]! * share;
      sums[x]! += from[next + x]! - from[last + x]!;
    }
  }
}

class Layer {
  readonly sum: Float32Array;
  readonly blurred: Float32Array;
  private readonly between: Float32Array;
  private readonly sums: Float32Array;

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.sum = new Float32Array(width * height);
    this.blurred = new Float32Array(width * height);
    this.between = new Float32Array(width * height);
    this.sums = new Float32Array(width);
  }

  /** Three boxes are nearly the bell of Gauss. */
  blur(radius: number): void {
    const { width, height, between, blurred } = this;
    blurAcross(this.sum, between, width, height, radius);
    blurDown(between, blurred, width, height, radius, this.sums);
    for (let turn = 0; turn < 2; turn += 1) {
      blurAcross(blurred, between, width, height, radius);
      blurDown(between, blurred, width, height, radius, this.sums);
    }
  }

  scale(by: number): void {
    for (let i = 0; i < this.sum.length; i += 1) this.sum[i]! *= by;
  }
}

/** What the grid reads of the points: in the order of time; cells below 0 are outside. */
export interface Heated {
  at_s: Float64Array;
  /** The cell of the fine grid. */
  cell: Int32Array;
  /** 1 where only a region or a country is known: a cloud instead of a spot. */
  isWide: Uint8Array;
  countAt(moment_s: number): number;
}

const PEAK = 2.4; // where most posts are the colours reach seven tenths of the ramp
const ALONE = 0.22; // one post alone is a faint spot, however few there are
const STEADY = 0.9; // of the last exposure is kept from picture to picture

export class HeatGrid {
  /** How many points are in it. */
  count = 0;
  private readonly fine = new Layer(GRID.width, GRID.height);
  private readonly wide = new Layer(GRID.width / WIDE, Math.ceil(GRID.height / WIDE));
  private at_s = -Infinity;
  private gain = 0;
  private hasWide = false;

  /** `decay_s`: after how long a post counts for a third. */
  constructor(
    private readonly decay_s: number,
    public radius: number,
  ) {}

  /** Forget what is in it: points or places are not what they were. */
  clear(): void {
    this.at_s = -Infinity;
  }

  /** Sums up the posts of that moment; going on costs nothing, any other takes some milliseconds. */
  show(points: Heated, moment_s: number): void {
    const { decay_s } = this;
    if (moment_s < this.at_s || moment_s - this.at_s > decay_s) {
      this.fine.sum.fill(0);
      this.wide.sum.fill(0);
      this.hasWide = false;
      this.gain = 0;
      this.count = points.countAt(moment_s - 5 * decay_s);
    } else {
      const left = Math.exp((this.at_s - moment_s) / decay_s);
      this.fine.scale(left);
      if (this.hasWide) this.wide.scale(left);
    }
    this.at_s = moment_s;
    const end = points.countAt(moment_s);
    const { cell, at_s, isWide } = points;
    for (let i = this.count; i < end; i += 1) {
      const at = cell[i]!;
      if (at < 0) continue;
      const weight = Math.exp((at_s[i]! - moment_s) / decay_s);
      if (isWide[i]) this.addWide(at, weight);
      else this.fine.sum[at]! += weight;
    }
    this.count = end;
  }

  private addWide(at: number, weight: number): void {
    const x = (at % GRID.width) / WIDE;
    const y = Math.floor(at / GRID.width) / WIDE;
    this.wide.sum[(y | 0) * this.wide.width + (x | 0)]! += weight;
    this.hasWide = true;
  }

  /** Colours the pixels (480 by 270) by a ramp of 256 colours. */
  paint(pixels: Uint32Array, ramp: Uint32Array): void {
    const { fine, wide } = this;
    fine.blur(this.radius);
    if (this.hasWide) {
      wide.blur(3);
      this.addClouds();
    }
    let peak = 0;
    const heat = fine.blurred;
    for (let i = 0; i < heat.length; i += 1) if (heat[i]! > peak) peak = heat[i]!;
    const spread = (2 * this.radius + 1) ** 2;
    const wanted = Math.min(ALONE * spread, PEAK / Math.max(peak, 1e-9));
    this.gain = this.gain ? STEADY * this.gain + (1 - STEADY) * wanted : wanted;
    const { gain } = this;
    for (let i = 0; i < pixels.length; i += 1) {
      const value = heat[i]! * gain;
      pixels[i] = ramp[(255 * value) / (value + 1) | 0]!;
    }
  }

  /** Lays the wide grid over the fine one, smoothly. */
  private addClouds(): void {
    const { fine, wide } = this;
    const share = 1 / (WIDE * WIDE);
    for (let y = 0; y < fine.height; y += 1) {
      const down = Math.max(0, (y + 0.5) / WIDE - 0.5);
      const top = Math.min(wide.height - 1, down | 0);
      const bottom = Math.min(wide.height - 1, top + 1);
      const low = down - top;
      for (let x = 0; x < fine.width; x += 1) {
        const right = Math.max(0, (x + 0.5) / WIDE - 0.5);
        const from = Math.min(wide.width - 1, right | 0);
        const to = Math.min(wide.width - 1, from + 1);
        const far = right - from;
        const above = wide.blurred[top * wide.width + from]! * (1 - far) + wide.blurred[top * wide.width + to]! * far;
        const below = wide.blurred[bottom * wide.width + from]! * (1 - far) + wide.blurred[bottom * wide.width + to]! * far;
        fine.blurred[y * fine.width + x]! += (above * (1 - low) + below * low) * share;
      }
    }
  }
}
