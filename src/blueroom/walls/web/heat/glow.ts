// What moves on the map: heat, the dust of all posts so far, and a ring for each new one.
//
// One canvas of 960 by 540 that the browser stretches over the map. Blend modes would make it
// compose the whole screen anew without a graphics card, at a third of the pace.
import { isCalm } from '../motion';
import { GRID, HeatGrid } from './grid';
import { Projector, type Frame, type Place2D, type Size } from './frames';
import { veil } from './veil';
import type { Points } from './points';

export const DUST = { width: 960, height: 540 };
const DECAY_S = 300;
const DUST_EVERY_MS = 100;
const RINGS_MOST = 140;

type Colour = [red: number, green: number, blue: number, alpha: number];
type Ramp = [at: number, colour: Colour][];
// From the least heat to nearly the most, which is the room's own: it is read on every land.
const DAY: Ramp = [
  [0, [213, 216, 245, 0]],
  [0.1, [196, 200, 246, 0.42]],
  [0.3, [238, 170, 205, 0.62]],
  [0.55, [255, 146, 118, 0.74]],
  [0.8, [240, 98, 80, 0.84]],
];
const NIGHT: Ramp = [
  [0, [60, 60, 160, 0]],
  [0.12, [86, 84, 190, 0.3]],
  [0.34, [190, 84, 160, 0.6]],
  [0.58, [255, 107, 94, 0.8]],
  [0.8, [255, 190, 130, 0.9]],
];

/** A colour as a pixel of little-endian memory has it. */
const pixel = (red: number, green: number, blue: number, alpha: number) =>
  ((Math.round(255 * alpha) << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;

function rampOf(cooler: Ramp, hottest: Colour): Uint32Array {
  const stops: Ramp = [...cooler, [1, hottest]];
  const ramp = new Uint32Array(256);
  for (let i = 0; i < 256; i += 1) {
    const at = i / 255;
    const next = stops.findIndex(([stop]) => stop >= at);
    const [from, one] = stops[Math.max(0, next - 1)]!;
    const [to, other] = stops[next]!;
    const share = to > from ? (at - from) / (to - from) : 0;
    const mixed = one.map((part, n) => part + (other[n]! - part) * share) as Colour;
    ramp[i] = pixel(...mixed);
  }
  return ramp;
}

/** Off-screen pixels, and how they are written. */
class Sheet {
  readonly canvas: HTMLCanvasElement;
  readonly pixels: Uint32Array;
  private readonly pen: CanvasRenderingContext2D;
  private readonly image: ImageData;

  constructor({ width, height }: Size) {
    this.canvas = document.createElement('canvas');
    [this.canvas.width, this.canvas.height] = [width, height];
    this.pen = this.canvas.getContext('2d')!;
    this.image = this.pen.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  put(): void {
    this.pen.putImageData(this.image, 0, 0);
  }
}

export class Glow {
  private readonly pen: CanvasRenderingContext2D;
  private readonly heatSheet = new Sheet(GRID);
  private readonly dustSheet = new Sheet(DUST);
  private readonly projector = new Projector();
  private readonly grid = new HeatGrid(DECAY_S, 5);
  private spot: Place2D = { across: new Float32Array(0), down: new Float32Array(0) };
  private cell = new Int32Array(0);
  private isWide = new Uint8Array(0);
  private placed = 0;
  private edition = -1;
  private dust = new Uint8Array(DUST.width * DUST.height);
  private dusted = 0;
  private dusted_ms = -Infinity;
  private ramp: Uint32Array = new Uint32Array(256);
  private dustRamp = new Uint32Array(256);
  private rings = '';
  private frame: Frame | null = null;

  constructor(
    canvas: HTMLCanvasElement,
    private readonly points: Points,
    private readonly size: Size,
  ) {
    [canvas.width, canvas.height] = [DUST.width, DUST.height];
    this.pen = canvas.getContext('2d')!;
  }

  /** By day or by night; `hottest` "#rrggbb" is read on all that lies under the points. */
  light(isNight: boolean, hottest: string): void {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hottest.slice(at, at + 2), 16)) as [number, number, number];
    this.ramp = rampOf(isNight ? NIGHT : DAY, [r, g, b, 0.94]);
    const [red, green, blue] = isNight ? [255, 226, 200] : [150, 58, 110];
    for (let i = 1; i < 256; i += 1) {
      this.dustRamp[i] = pixel(red, green, blue, Math.min(0.85, (isNight ? 0.16 : 0.18) + 0.06 * i));
    }
    this.rings = hottest;
    this.dusted_ms = -Infinity;
  }

  look(frame: Frame): void {
    this.frame = frame;
    this.grid.radius = frame.name === 'world' ? 3 : 5;
    this.edition = -1;
  }

  /** Draws the map of that moment; `span_s` is how long a new post's ring is seen. */
  draw(moment_s: number, span_s: number, now_ms: number): void {
    if (!this.frame) return;
    this.place(this.frame);
    const { grid, points, pen, cell, isWide } = this;
    grid.show({ at_s: points.at_s, cell, isWide, countAt: (s) => points.countAt(s) }, moment_s);
    grid.paint(this.heatSheet.pixels, this.ramp);
    this.heatSheet.put();
    if (now_ms - this.dusted_ms >= DUST_EVERY_MS) {
      this.dusted_ms = now_ms;
      this.drawDust(grid.count);
    }
    pen.clearRect(0, 0, DUST.width, DUST.height);
    pen.drawImage(this.heatSheet.canvas, 0, 0, DUST.width, DUST.height);
    pen.drawImage(this.dustSheet.canvas, 0, 0);
    if (!isCalm()) this.drawRings(moment_s, span_s, grid.count);
    pen.globalCompositeOperation = 'destination-out';
    veil(pen, DUST, '#000000');
    pen.globalCompositeOperation = 'source-over';
  }

  /** Finds where the points that are new lie, or all of them where something else changed. */
  private place(frame: Frame): void {
    const { points } = this;
    if (this.edition !== points.edition) {
      this.edition = points.edition;
      this.placed = 0;
      this.dusted = 0;
      this.dust.fill(0);
      this.grid.clear();
    }
    if (this.placed === points.count) return;
    if (this.cell.length < points.count) this.grow(points.x.length);
    const { spot, cell, isWide } = this;
    const isWideAt = points.places.map(({ level }) => Number(level === 'region' || level === 'country'));
    this.projector.place(points, this.placed, points.count, frame, this.size, spot);
    for (let i = this.placed; i < points.count; i += 1) {
      const [across, down] = [spot.across[i]!, spot.down[i]!];
      const isInside = across >= 0 && across < 1 && down >= 0 && down < 1;
      cell[i] = isInside ? ((down * GRID.height) | 0) * GRID.width + ((across * GRID.width) | 0) : -1;
      isWide[i] = isWideAt[points.place[i]!] ?? 0; // of no place nothing is known but its spot
    }
    this.placed = points.count;
  }

  private grow(room: number): void {
    const larger = <T extends Float32Array | Int32Array | Uint8Array>(kind: new (n: number) => T, old: T): T => {
      const grown = new kind(room);
      grown.set(old);
      return grown;
    };
    const { across, down } = this.spot;
    this.spot = { across: larger(Float32Array, across), down: larger(Float32Array, down) };
    this.cell = larger(Int32Array, this.cell);
    this.isWide = larger(Uint8Array, this.isWide);
  }

  /** Every post so far is a speck that stays; clouds have none, for nobody knows where in them. */
  private drawDust(end: number): void {
    const { dust, spot, dustRamp } = this;
    const { pixels } = this.dustSheet;
    if (end < this.dusted) {
      dust.fill(0);
      this.dusted = 0;
    }
    for (let i = this.dusted; i < end; i += 1) {
      if (this.cell[i]! < 0 || this.isWide[i]) continue;
      const at = ((spot.down[i]! * DUST.height) | 0) * DUST.width + ((spot.across[i]! * DUST.width) | 0);
      if (dust[at]! < 255) dust[at]! += 1;
    }
    this.dusted = end;
    for (let i = 0; i < pixels.length; i += 1) pixels[i] = dustRamp[dust[i]!]!;
    this.dustSheet.put();
  }

  private drawRings(moment_s: number, span_s: number, end: number): void {
    const { pen, points, spot } = this;
    const from = points.countAt(moment_s - span_s);
    const step = Math.max(1, Math.ceil((end - from) / RINGS_MOST));
    pen.lineWidth = 1.25;
    pen.strokeStyle = pen.fillStyle = this.rings;
    for (let i = Math.ceil(from / step) * step; i < end; i += step) {
      if (this.cell[i]! < 0 || this.isWide[i]) continue;
      // Posts of one second come one after the other.
      const age = (moment_s - points.at_s[i]! - ((i * 0.618) % 1)) / span_s;
      if (age < 0 || age > 1) continue;
      const [x, y] = [spot.across[i]! * DUST.width, spot.down[i]! * DUST.height];
      pen.globalAlpha = 1 - age;
      pen.beginPath();
      pen.arc(x, y, 1.5 + 10 * age, 0, 7);
      pen.stroke();
      if (age < 0.4) {
        pen.beginPath();
        pen.arc(x, y, 1.7, 0, 7);
        pen.fill();
      }
    }
    pen.globalAlpha = 1;
  }
}
