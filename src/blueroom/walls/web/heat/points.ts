// The points of a heat map in columns of numbers, in the order of time: a million take 16 MB.
import type { HeatPlace, PointsChanged, PointsHead, Part } from '../wire';

const NO_PLACE = 65_535;
const FAR = 65_535; // in the column of seconds: the real distance stands in `jumps`

/** The columns of some points, in the order of time; seconds since 1970. */
export interface Columns {
  count: number;
  x: Uint16Array;
  y: Uint16Array;
  at_s: Float64Array;
  place: Uint16Array;
}

/** Points as they came over the wire: all there are (`since` 0), or what changed. */
export interface Packed {
  revision: number;
  since: number;
  added: Columns;
  gone: Columns;
  places: HeatPlace[];
}

export function unpack(body: ArrayBuffer): Packed {
  const length = new DataView(body).getUint32(0, true);
  const text = new TextDecoder().decode(new Uint8Array(body, 4, length));
  const head = JSON.parse(text) as PointsHead;
  const begin = 4 + length;
  return {
    revision: head.revision,
    since: head.since,
    places: head.places,
    added: columnsOf(body, begin, head.added),
    gone: columnsOf(body, begin + 8 * head.added.count, head.gone),
  };
}

function columnsOf(body: ArrayBuffer, begin: number, { count, began_s, jumps }: Part): Columns {
  const column = (number: number) => new Uint16Array(body, begin + 2 * count * number, count);
  const apart = column(2);
  const at_s = new Float64Array(count);
  const far = new Map(jumps as [number, number][]);
  let now_s = began_s;
  for (let i = 0; i < count; i += 1) {
    const step = apart[i]!;
    now_s += step === FAR ? (far.get(i) ?? FAR) : step;
    at_s[i] = now_s;
  }
  return { count, x: column(0), y: column(1), at_s, place: column(3) };
}

/** The same of a message of the stream. */
export function unpackChange({ id, since, added, places }: PointsChanged): Packed {
  const count = added.length / 4;
  const columns: Columns = {
    count,
    x: new Uint16Array(count),
    y: new Uint16Array(count),
    at_s: new Float64Array(count),
    place: new Uint16Array(count),
  };
  for (let i = 0; i < count; i += 1) {
    columns.x[i] = added[4 * i]!;
    columns.y[i] = added[4 * i + 1]!;
    columns.at_s[i] = added[4 * i + 2]!;
    columns.place[i] = added[4 * i + 3]!;
  }
  const gone = { ...columns, count: 0 };
  return { revision: id, since, added: columns, gone, places };
}


export class Points implements Columns {
  count = 0;
  x = new Uint16Array(1024);
  y = new Uint16Array(1024);
  at_s = new Float64Array(1024);
  place = new Uint16Array(1024);
  revision = 0;
  places: HeatPlace[] = [];
  /** Grows with each change before the last point: what was counted has to be counted again. */
  edition = 0;
  private codes = new Map<string, number>();

  /** Takes what came; false where something in between is missing, which has to be fetched. */
  take(packed: Packed): boolean {
    if (packed.since && packed.revision <= this.revision) return true; // known
    if (packed.since && packed.since !== this.revision) return false;
    if (!packed.since) this.clear();
    const index = packed.places.map((place) => this.indexOf(place));
    this.add(packed.added, index);
    this.remove(packed.gone, index);
    this.revision = packed.revision;
    return true;
  }

  /** How many points there were at that moment. */
  countAt(moment_s: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.at_s[middle]! <= moment_s) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private clear(): void {
    this.count = 0;
    this.places = [];
    this.codes.clear();
    this.edition += 1;
  }

  private indexOf(place: HeatPlace): number {
    const known = this.codes.get(place.code);
    if (known !== undefined) return known;
    if (!place.fr || this.places.length >= NO_PLACE) return NO_PLACE;
    this.places.push(place);
    this.codes.set(place.code, this.places.length - 1);
    return this.places.length - 1;
  }

  private grow(size: number): void {
    if (size <= this.x.length) return;
    const room = Math.max(size, Math.ceil(this.x.length * 1.5));
    const larger = <T extends Uint16Array | Float64Array>(kind: new (n: number) => T, old: T): T => {
      const grown = new kind(room);
      grown.set(old);
      return grown;
    };
    this.x = larger(Uint16Array, this.x);
    this.y = larger(Uint16Array, this.y);
    this.at_s = larger(Float64Array, this.at_s);
    this.place = larger(Uint16Array, this.place);
  }

  /** Merges points in. They come last as a rule; one that comes late goes where its time is. */
  private add(added: Columns, index: number[]): void {
    if (!added.count) return;
    this.grow(this.count + added.count);
    if (!this.count || added.at_s[0]! >= this.at_s[this.count - 1]!) return this.append(added, index);
    let old = this.count - 1;
    let to = this.count + added.count - 1;
    this.edition += 1;
    for (let fresh = added.count - 1; fresh >= 0; to -= 1) {
      if (old >= 0 && this.at_s[old]! > added.at_s[fresh]!) {
        this.put(to, this, old, this.place[old]!);
        old -= 1;
      } else {
        const place = added.place[fresh]!;
        this.put(to, added, fresh, place === NO_PLACE ? NO_PLACE : (index[place] ?? NO_PLACE));
        fresh -= 1;
      }
    }
    this.count += added.count;
  }

  /** The same for those that come last: column by column, for they may be a million. */
  private append(added: Columns, index: number[]): void {
    const { count } = this;
    this.x.set(added.x, count);
    this.y.set(added.y, count);
    this.at_s.set(added.at_s, count);
    for (let i = 0; i < added.count; i += 1) {
      const place = added.place[i]!;
      this.place[count + i] = place === NO_PLACE ? NO_PLACE : (index[place] ?? NO_PLACE);
    }
    this.count += added.count;
  }

  private put(to: number, from: Columns, at: number, place: number): void {
    this.x[to] = from.x[at]!;
    this.y[to] = from.y[at]!;
    this.at_s[to] = from.at_s[at]!;
    this.place[to] = place;
  }

  private remove(gone: Columns, index: number[]): void {
    const leaving = new Set<number>();
    for (let i = 0; i < gone.count; i += 1) {
      const at = this.find(gone, i, index, leaving);
      if (at >= 0) leaving.add(at);
    }
    if (!leaving.size) return;
    let to = Math.min(...leaving);
    for (let at = to; at < this.count; at += 1) {
      if (leaving.has(at)) continue;
      this.put(to, this, at, this.place[at]!);
      to += 1;
    }
    this.count = to;
    this.edition += 1;
  }

  /** A point that is the same as the one that goes; which of several does not matter. */
  private find(gone: Columns, i: number, index: number[], leaving: Set<number>): number {
    const [x, y, at_s] = [gone.x[i]!, gone.y[i]!, gone.at_s[i]!];
    const number = gone.place[i]!;
    const place = number === NO_PLACE ? NO_PLACE : index[number];
    for (let at = this.countAt(at_s) - 1; at >= 0 && this.at_s[at] === at_s; at -= 1) {
      const isSame = this.x[at] === x && this.y[at] === y && this.place[at] === place;
      if (isSame && !leaving.has(at)) return at;
    }
    return -1;
  }
}

export const isPlace = (index: number) => index !== NO_PLACE;
