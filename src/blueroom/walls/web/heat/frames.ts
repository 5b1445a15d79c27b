// What part of the Earth a map shows, and where on it a point lies.
//
// The formulas are those of d3-geo's geoAzimuthalEqualArea and geoEqualEarth, which draws what is
// under the points; a test compares. Written out for columns of points: a million in 0.1 s.
import {
  geoAzimuthalEqualArea,
  geoEqualEarth,
  type GeoProjection,
} from 'd3-geo';

export type FrameName = 'europe' | 'france' | 'world' | 'own';
export const FRAMES: FrameName[] = ['europe', 'france', 'world', 'own'];

/** What the map shows: around a point, so many kilometres from side to side; the whole Earth. */
export interface Frame {
  name: FrameName;
  lat: number;
  lon: number;
  width_km: number;
}

export interface Size {
  width: number;
  height: number;
}

const EARTH_KM = 6371;
const NARROWEST_KM = 20; // cells are 0.6 km: nearer there is nothing more to see
const WIDEST_KM = 9000;
const HALF_EARTH = Math.cos((75 * Math.PI) / 180); // beyond that the azimuthal one tells little

const NAMED: Record<Exclude<FrameName, 'own'>, Frame> = {
  europe: { name: 'europe', lat: 46.5, lon: 9, width_km: 7550 },
  france: { name: 'france', lat: 46.2, lon: 2.6, width_km: 2350 },
  world: { name: 'world', lat: 0, lon: 11, width_km: 40_000 },
};

export function frameNamed(name: string): Frame | null {
  return NAMED[name as keyof typeof NAMED] ?? null;
}

/** A frame of one's own, kept where it makes sense. */
export function ownFrame(lat: number, lon: number, width_km: number): Frame {
  return {
    name: 'own',
    lat: Math.min(85, Math.max(-85, lat)),
    lon: Math.abs(lon) <= 180 ? lon : ((((lon + 180) % 360) + 360) % 360) - 180,
    width_km: Math.min(WIDEST_KM, Math.max(NARROWEST_KM, width_km)),
  };
}

/** The frame that an address asks for: a name, or "48.85,2.35,300" (latitude, longitude, km). */
export function frameAsked(text: string | null): Frame {
  const named = frameNamed(text ?? '');
  if (named) return named;
  const numbers = (text ?? '').split(',').map(Number);
  const [lat, lon, width_km] = numbers;
  const isFrame = numbers.length === 3 && numbers.every(Number.isFinite);
  return isFrame ? ownFrame(lat!, lon!, width_km!) : NAMED.europe;
}

/** How `frameAsked` is told of a frame. */
export const frameText = ({ name, lat, lon, width_km }: Frame): string =>
  name === 'own' ? `${lat.toFixed(3)},${lon.toFixed(3)},${Math.round(width_km)}` : name;

/** The projection that d3 draws with. */
export function projectionOf(frame: Frame, size: Size): GeoProjection {
  if (frame.name === 'world') {
    return geoEqualEarth()
      .rotate([-frame.lon, 0])
      .scale(worldScale(size))
      .translate(worldMiddle(size))
      .precision(0.2);
  }
  return geoAzimuthalEqualArea()
    .rotate([-frame.lon, -frame.lat])
    .scale(scaleOf(frame, size))
    .translate([size.width / 2, size.height / 2])
    .clipAngle(74)
    .precision(0.2);
}

const scaleOf = (frame: Frame, { width }: Size) => (width * EARTH_KM) / frame.width_km;
// The panel and the figure stand at the left: the Earth leaves them room.
const worldScale = ({ width }: Size) => width * 0.1575;
const worldMiddle = ({ width, height }: Size): [number, number] => [width * 0.585, height * 0.5];

/** Where cells of the wire (see walls/heat_wire.py) lie, from 0 to 1 across and down; outside,
 * or behind the Earth, is below 0. */
export interface Place2D {
  across: Float32Array;
  down: Float32Array;
}

const UNITS = 65_536;

/** Places the points from `from` on. */
export class Projector {
  private readonly sinLat = new Float32Array(UNITS);
  private readonly cosLat = new Float32Array(UNITS);
  private readonly rowX = new Float32Array(UNITS);
  private readonly rowY = new Float32Array(UNITS);

  constructor() {
    for (let y = 0; y < UNITS; y += 1) {
      const lat = ((90 - (y / UNITS) * 180) * Math.PI) / 180;
      this.sinLat[y] = Math.sin(lat);
      this.cosLat[y] = Math.cos(lat);
      [this.rowX[y], this.rowY[y]] = equalEarthRow(lat);
    }
  }

  place(
    columns: { x: Uint16Array; y: Uint16Array },
    from: number,
    until: number,
    frame: Frame,
    size: Size,
    into: Place2D,
  ): void {
    if (frame.name === 'world') this.placeOnEarth(columns, from, until, frame, size, into);
    else this.placeAround(columns, from, until, frame, size, into);
  }

  private placeAround(
    { x, y }: { x: Uint16Array; y: Uint16Array },
    from: number,
    until: number,
    frame: Frame,
    size: Size,
    { across, down }: Place2D,
  ): void {
    const { sinLat, cosLat } = this;
    const [wide, tall] = [scaleOf(frame, size) / size.width, scaleOf(frame, size) / size.height];
    const middle = (frame.lat * Math.PI) / 180;
    const [sin0, cos0] = [Math.sin(middle), Math.cos(middle)];
    const turn = (frame.lon * Math.PI) / 180 + Math.PI;
    const [sinLon, cosLon] = turned(turn);
    for (let i = from; i < until; i += 1) {
      const [sin, cos] = [sinLat[y[i]!]!, cosLat[y[i]!]!];
      const cosCos = cos * cosLon[x[i]!]!;
      const facing = sin0 * sin + cos0 * cosCos;
      if (facing < HALF_EARTH) {
        across[i] = down[i] = -1;
        continue;
      }
      const k = Math.sqrt(2 / (1 + facing));
      across[i] = 0.5 + wide * k * cos * sinLon[x[i]!]!;
      down[i] = 0.5 - tall * k * (cos0 * sin - sin0 * cosCos);
    }
  }

  private placeOnEarth(
    { x, y }: { x: Uint16Array; y: Uint16Array },
    from: number,
    until: number,
    frame: Frame,
    size: Size,
    { across, down }: Place2D,
  ): void {
    const scale = worldScale(size);
    const [middleX, middleY] = worldMiddle(size);
    for (let i = from; i < until; i += 1) {
      let lon = (x[i]! / UNITS) * 360 - 180 - frame.lon;
      if (lon < -180) lon += 360;
      else if (lon > 180) lon -= 360;
      across[i] = (middleX + scale * this.rowX[y[i]!]! * ((lon * Math.PI) / 180)) / size.width;
      down[i] = (middleY - scale * this.rowY[y[i]!]!) / size.height;
    }
  }
}

/** The sines and cosines of all longitudes, seen from one. */
function turned(turn: number): [Float32Array, Float32Array] {
  const [sin, cos] = [new Float32Array(UNITS), new Float32Array(UNITS)];
  for (let x = 0; x < UNITS; x += 1) {
    const lon = (x / UNITS) * 2 * Math.PI - turn;
    sin[x] = Math.sin(lon);
    cos[x] = Math.cos(lon);
  }
  return [sin, cos];
}

// Šavrič, Patterson and Jenny (2018), "The Equal Earth map projection", equations 5 and 6.
const [A1, A2, A3, A4] = [1.340264, -0.081106, 0.000893, 0.003796];

/** How far a radian of longitude is at that latitude, and how high it lies. */
function equalEarthRow(lat: number): [number, number] {
  const M = Math.sqrt(3) / 2;
  const l = Math.asin(M * Math.sin(lat));
  const l2 = l * l;
  const l6 = l2 * l2 * l2;
  const slope = A1 + 3 * A2 * l2 + l6 * (7 * A3 + 9 * A4 * l2);
  return [Math.cos(l) / (M * slope), l * (A1 + A2 * l2 + l6 * (A3 + A4 * l2))];
}
