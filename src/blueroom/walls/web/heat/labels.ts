// Which towns are named on a map, and where their names stand: none over another.
import type { HeatPlace } from '../wire';
import { CITIES } from './cities';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Label extends Box {
  text: string;
  isLarge: boolean;
  /** Where the town itself is. */
  dot: [number, number];
}

interface Town {
  text: string;
  lat: number;
  lon: number;
  rank: number;
}

interface Wanted {
  language: string;
  /** Towns that speak, the most first: they are named where there is room. */
  speaking: HeatPlace[];
  width_km: number;
  project(lon: number, lat: number): [number, number] | null;
  measure(text: string, isLarge: boolean): number;
  width: number;
  height: number;
  /** What stands over the map. */
  taken: Box[];
}

const LARGE_PX = 34;
const SMALL_PX = 28;
/** How wide a name is in the wall's face, once that has been loaded. */
export function measurer(): Wanted['measure'] {
  const pen = document.createElement('canvas').getContext('2d')!;
  return (text, isLarge) => {
    pen.font = isLarge ? `650 ${LARGE_PX}px "Figtree Variable"` : `550 ${SMALL_PX}px "Figtree Variable"`;
    return pen.measureText(text).width;
  };
}

const TOUCHING_KM = 25;
const MOST = 40;

/** The rank down to which towns are named on a map so wide. */
const deepest = (width_km: number) => (width_km > 20_000 ? 2 : width_km > 5000 ? 3 : 5);

export function labelsFor(wanted: Wanted): Label[] {
  const labels: Label[] = [];
  const used: Box[] = [...wanted.taken];
  for (const town of townsFor(wanted)) {
    const dot = wanted.project(town.lon, town.lat);
    if (!dot || labels.length >= MOST) continue;
    const isLarge = town.rank === 1;
    const size = isLarge ? LARGE_PX : SMALL_PX;
    const [x, y] = dot;
    const box = { x: x + 12, y: y - size * 0.62, width: wanted.measure(town.text, isLarge) + 10, height: size * 1.24 };
    const isInside = x > 0 && y > 0 && y < wanted.height && box.x + box.width < wanted.width;
    if (!isInside || used.some((other) => touches(box, other))) continue;
    used.push(box, { x: x - 8, y: y - 8, width: 16, height: 16 });
    labels.push({ ...box, text: town.text, isLarge, dot });
  }
  return labels;
}

function townsFor({ language, speaking, width_km }: Wanted): Town[] {
  const name = (fr: string, en: string) => (language === 'fr' ? fr : en);
  const known = CITIES.filter(([, , , , rank]) => rank <= deepest(width_km)).map(
    ([fr, en, lat, lon, rank]): Town => ({ text: name(fr, en), lat, lon, rank }),
  );
  const isKnown = (place: HeatPlace) =>
    known.some(({ lat, lon }) => apartKm(lat, lon, place) < TOUCHING_KM);
  const others = speaking
    .filter((place) => place.level === 'city' && !isKnown(place))
    .map(({ fr, en, lat, lon }): Town => ({ text: name(fr, en), lat, lon, rank: 3 }));
  const far = width_km > 5000;
  return far ? [...known, ...others] : [...known.filter(({ rank }) => rank < 3), ...others, ...known.filter(({ rank }) => rank >= 3)];
}

const apartKm = (lat: number, lon: number, place: HeatPlace) =>
  Math.hypot((lat - place.lat) * 111, (lon - place.lon) * 111 * Math.cos((lat * Math.PI) / 180));

const touches = (one: Box, other: Box) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;
