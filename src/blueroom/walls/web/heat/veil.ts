// Dims the map where something stands over it.
import type { Size } from './frames';

export type Pen = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/** Dims the map where head, figure and timeline stand. */
export function veil(pen: Pen, size: Size, colour: string): void {
  fade(pen, size, colour, 0, 0.185);
  fade(pen, size, colour, 1, 0.715);
}

function fade(pen: Pen, { width, height }: Size, colour: string, from: number, to: number): void {
  const gradient = pen.createLinearGradient(0, from * height, 0, to * height);
  gradient.addColorStop(0, `${colour}f2`);
  gradient.addColorStop(from ? 0.55 : 0.35, `${colour}c8`);
  gradient.addColorStop(1, `${colour}00`);
  pen.fillStyle = gradient;
  const top = Math.min(from, to) * height;
  pen.fillRect(0, top, width, Math.abs(to - from) * height);
}
