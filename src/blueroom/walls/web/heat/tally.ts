// Who speaks from where, at any moment: counted on from the last one, or anew after going back.
import type { HeatPlace } from '../wire';
import { isPlace, type Points } from './points';

export interface Speaking {
  place: HeatPlace;
  posts: number;
}

export interface Tallied {
  /** Posts that are on the map. */
  located: number;
  /** Those of them of which only a region or a country is known. */
  wide: number;
  /** The towns that most come from; none of a region or country. */
  top: Speaking[];
}

const isWide = ({ level }: HeatPlace) => level === 'region' || level === 'country';

export class Tally {
  private by = new Uint32Array(256);
  private count = 0;
  private edition = -1;

  constructor(private readonly points: Points) {}

  at(moment_s: number, most: number): Tallied {
    const { points } = this;
    const end = points.countAt(moment_s);
    if (end < this.count || this.edition !== points.edition) {
      this.by.fill(0);
      this.count = 0;
      this.edition = points.edition;
    }
    if (this.by.length < points.places.length) {
      const grown = new Uint32Array(2 * points.places.length);
      grown.set(this.by);
      this.by = grown;
    }
    for (let i = this.count; i < end; i += 1) {
      const at = points.place[i]!;
      if (isPlace(at)) this.by[at]! += 1;
    }
    this.count = end;
    const all = points.places.map((place, at): Speaking => ({ place, posts: this.by[at]! }));
    const wide = all.reduce((sum, { place, posts }) => sum + (isWide(place) ? posts : 0), 0);
    const towns = all.filter(({ place, posts }) => posts > 0 && !isWide(place));
    const top = towns.toSorted((one, other) => other.posts - one.posts).slice(0, most);
    return { located: end, wide, top };
  }
}
