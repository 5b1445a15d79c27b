// Draws the timeline: small pictures above, loudness below, what is outside of the answer dimmed.
import type { Footage } from './api';
import type { View } from './frames';

export interface Drawing {
  width: number;
  footage: Footage;
  strip: HTMLImageElement | null;
  view: View;
  in_s: number;
  out_s: number;
}

const SHARE_OF_STILLS = 0.52;
const BAR_PX = 3;

export function paint(canvas: HTMLCanvasElement, drawing: Drawing): void {
  const scale = Math.min(2, window.devicePixelRatio || 1);
  const height = canvas.clientHeight;
  canvas.width = Math.round(drawing.width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.scale(scale, scale);
  const colours = getComputedStyle(canvas);
  const colour = (name: string) => colours.getPropertyValue(name).trim();
  const stills = Math.round(height * SHARE_OF_STILLS);
  pen.fillStyle = colour('--wall-top');
  pen.fillRect(0, 0, drawing.width, height);
  paintStills(pen, drawing, stills);
  paintLoudness(pen, drawing, stills, height, colour('--blue'), colour('--edge'));
  pen.fillStyle = 'rgb(11 23 38 / 0.45)';
  pen.fillRect(0, 0, placeOf(drawing, drawing.in_s), stills);
  const out = placeOf(drawing, drawing.out_s);
  pen.fillRect(out, 0, drawing.width - out, stills);
}

function placeOf({ view, width }: Drawing, at_s: number): number {
  return Math.max(0, Math.min(width, ((at_s - view.from_s) / (view.span_s || 1)) * width));
}

function paintStills(pen: CanvasRenderingContext2D, drawing: Drawing, height: number): void {
  const { footage, strip, view, width } = drawing;
  if (!strip || !footage.strip_times_s.length) return;
  const each = height * (footage.strip_width_px / footage.strip_height_px);
  for (let x = 0; x < width; x += each) {
    const at_s = view.from_s + ((x + each / 2) / width) * view.span_s;
    const number = nearest(footage.strip_times_s, at_s);
    pen.drawImage(
      strip,
      (number % footage.strip_columns) * footage.strip_width_px,
      Math.floor(number / footage.strip_columns) * footage.strip_height_px,
      footage.strip_width_px,
      footage.strip_height_px,
      x,
      0,
      each,
      height,
    );
  }
}

function nearest(times_s: number[], at_s: number): number {
  const after = times_s.findIndex((time_s) => time_s > at_s);
  return after < 0 ? times_s.length - 1 : Math.max(0, after - 1);
}

function paintLoudness(
  pen: CanvasRenderingContext2D,
  drawing: Drawing,
  top: number,
  bottom: number,
  inside: string,
  outside: string,
): void {
  const { footage, view, width, in_s, out_s } = drawing;
  const { peaks, peaks_per_s } = footage;
  const middle = (top + bottom) / 2;
  const room = (bottom - top) / 2 - 3;
  for (let x = 0; x < width; x += BAR_PX) {
    const from_s = view.from_s + (x / width) * view.span_s;
    const until_s = view.from_s + ((x + BAR_PX) / width) * view.span_s;
    const first = Math.floor(from_s * peaks_per_s);
    const loudest = Math.max(0, ...peaks.slice(first, Math.ceil(until_s * peaks_per_s)));
    const tall = Math.max(1, (loudest / 255) * room);
    pen.fillStyle = from_s >= in_s && from_s < out_s ? inside : outside;
    pen.fillRect(x, middle - tall, BAR_PX - 1, 2 * tall);
  }
}
