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

/** Colours "#rrggbb": of sea and land from their light to their deep part, and of all lines. */
export interface Paint {
  sea: [string, string];
  land: [string, string];
  coast: string;
}

/** How strongly lines are drawn, as two digits of a colour, by day and by night. */
const DAY = { grid: '14', halo: '4d', coast: '73', border: '4d' };
const NIGHT: typeof DAY = { grid: '0f', halo: '66', coast: '61', border: '2e' };

/** What is to be drawn; without borders it shows coasts alone; `scale` is of 1920 by 1080. */
export interface Drawing {
  frame: Frame;
  size: Size;
  isNight: boolean;
  paint: Paint;
  hasBorders: boolean;
  scale: number;
}

/** Draws sea, land and borders. */
export function drawGround(
  pen: Pen,
  { land, borders }: Ground,
  { frame, size, isNight, paint, hasBorders, scale }: Drawing,
): void {
  const strong = isNight ? NIGHT : DAY;
  const path = geoPath(projectionOf(frame, size), pen);
  const trace = (shape: GeoPermissibleObjects) => {
    pen.beginPath();
    path(shape);
  };
  pen.fillStyle = between(pen.createRadialGradient(size.width * 0.42, size.height * 0.42, 0, size.width * 0.42, size.height * 0.42, size.width * 0.72), paint.sea);
  pen.fillRect(0, 0, size.width, size.height);
  pen.lineWidth = 1.5 * scale;
  pen.strokeStyle = paint.coast + strong.grid;
  trace(geoGraticule10());
  pen.stroke();
  trace(land);
  pen.save();
  pen.shadowColor = paint.coast + strong.halo;
  pen.shadowBlur = 34 * scale;
  pen.shadowOffsetY = isNight ? 0 : 10 * scale;
  pen.fillStyle = paint.land[0];
  pen.fill();
  pen.restore();
  pen.fillStyle = between(pen.createLinearGradient(0, 0, 0, size.height), paint.land);
  pen.fill();
  pen.strokeStyle = paint.coast + strong.coast;
  pen.stroke();
  if (hasBorders) {
    trace(borders);
    pen.strokeStyle = paint.coast + strong.border;
    pen.stroke();
  }
  veil(pen, size, paint.sea[1]);
}

function between(gradient: CanvasGradient, [from, to]: [string, string]): CanvasGradient {
  gradient.addColorStop(0, from);
  gradient.addColorStop(1, to);
  return gradient;
}
