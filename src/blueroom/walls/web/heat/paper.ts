// What lies under the points: sea, land and borders, drawn once for a frame and a time of day.
//
// Natural Earth's data (public domain), as the package world-atlas brings it. It draws borders as
// they are held; a broadcaster with a rule on disputed ones shows coasts alone.
import { geoGraticule10, geoPath, type GeoPermissibleObjects } from 'd3-geo';
import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlasUrl from 'world-atlas/countries-50m.json?url';
import { projectionOf, type Frame, type Size } from './frames';
import { veil, type Pen } from './veil';

type Atlas = Topology<{ countries: GeometryCollection; land: GeometryCollection }>;
export interface Ground {
  land: GeoPermissibleObjects;
  borders: GeoPermissibleObjects;
}

let fetched: Promise<Ground> | null = null;

/** The Earth's land and borders; fetched once, again after a failure. */
export function ground(): Promise<Ground> {
  fetched ??= read().catch((error: unknown) => {
    fetched = null;
    throw error;
  });
  return fetched;
}

async function read(): Promise<Ground> {
  const answer = await fetch(atlasUrl);
  if (!answer.ok) throw new Error(`The base map could not be fetched: ${answer.status}.`);
  const atlas = (await answer.json()) as Atlas;
  return {
    land: feature(atlas, atlas.objects.land) as GeoPermissibleObjects,
    borders: mesh(atlas, atlas.objects.countries, (one, other) => one !== other),
  };
}

const DAY = {
  sea: ['#e4f0fa', '#c6def2'],
  land: ['#fffdf8', '#f5f1ea'],
  grid: 'rgb(28 93 153 / .07)',
  halo: 'rgb(46 100 160 / .30)',
  coast: 'rgb(90 140 190 / .45)',
  border: 'rgb(90 130 175 / .30)',
};
const NIGHT: typeof DAY = {
  sea: ['#10233a', '#081220'],
  land: ['#27456a', '#182d47'],
  grid: 'rgb(140 196 245 / .06)',
  halo: 'rgb(110 170 235 / .40)',
  coast: 'rgb(150 200 250 / .38)',
  border: 'rgb(150 195 240 / .18)',
};

/** What is to be drawn; without borders it shows coasts alone; `scale` is of 1920 by 1080. */
export interface Drawing {
  frame: Frame;
  size: Size;
  isNight: boolean;
  hasBorders: boolean;
  scale: number;
}

/** Draws sea, land and borders. */
export function drawGround(
  pen: Pen,
  { land, borders }: Ground,
  { frame, size, isNight, hasBorders, scale }: Drawing,
): void {
  const paint = isNight ? NIGHT : DAY;
  const path = geoPath(projectionOf(frame, size), pen);
  const trace = (shape: GeoPermissibleObjects) => {
    pen.beginPath();
    path(shape);
  };
  pen.fillStyle = between(pen.createRadialGradient(size.width * 0.42, size.height * 0.42, 0, size.width * 0.42, size.height * 0.42, size.width * 0.72), paint.sea);
  pen.fillRect(0, 0, size.width, size.height);
  pen.lineWidth = 1.5 * scale;
  pen.strokeStyle = paint.grid;
  trace(geoGraticule10());
  pen.stroke();
  trace(land);
  pen.save();
  pen.shadowColor = paint.halo;
  pen.shadowBlur = 34 * scale;
  pen.shadowOffsetY = isNight ? 0 : 10 * scale;
  pen.fillStyle = paint.land[0]!;
  pen.fill();
  pen.restore();
  pen.fillStyle = between(pen.createLinearGradient(0, 0, 0, size.height), paint.land);
  pen.fill();
  pen.strokeStyle = paint.coast;
  pen.stroke();
  if (hasBorders) {
    trace(borders);
    pen.strokeStyle = paint.border;
    pen.stroke();
  }
  veil(pen, size, paint.sea[1]!);
}

function between(gradient: CanvasGradient, [from, to]: string[]): CanvasGradient {
  gradient.addColorStop(0, from!);
  gradient.addColorStop(1, to!);
  return gradient;
}
