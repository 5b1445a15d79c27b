// What a heat map knows, which moment it shows and of which part of the Earth; no markup, no canvas.
import type { Status } from '../../../design/web/live';
import type { HeatChange, HeatState } from '../wire';
import { FRAMES, frameAsked, frameNamed, frameText, ownFrame, type Frame } from './frames';
import { Points, unpackChange, type Packed } from './points';
import { Tally, type Tallied } from './tally';
import { marksOf, postsAt, spanOf, withTail, type Mark, type Span } from './timeline';

export const SPEEDS = [1, 10, 30, 60, 120];
/** Points come a second or two late: the live map is so far behind, so that each gets its ring. */
const BEHIND_S = 2;
const TOP = 6;
const LOOP_REST_S = 6;
const RETRY_MS = [500, 1000, 2000, 5000, 10_000];

/** What the address asks for: `?frame=`, `?coasts`, `?replay`, `?speed=`. */
export interface Asked {
  frame: Frame;
  hasBorders: boolean;
  isReplay: boolean;
  speed: number;
}

export function askedBy(query: string): Asked {
  const words = new URLSearchParams(query);
  const speed = Number(words.get('speed'));
  return {
    frame: frameAsked(words.get('frame')),
    hasBorders: !words.has('coasts'),
    isReplay: words.has('replay'),
    speed: SPEEDS.includes(speed) ? speed : 60,
  };
}

/** Brings the points after a revision, all where that is 0; null where the right to them is lost. */
export type FetchPoints = (after: number) => Promise<Packed | null>;

export class Heat {
  state = $state.raw<HeatState>()!;
  status = $state.raw<Status | null>(null);
  frame = $state.raw<Frame>()!;
  hasBorders = $state(true);
  /** The frame that somebody chose on the map. */
  own = $state.raw<Frame | null>(null);
  isReplay = $state(false);
  isPlaying = $state(false);
  speed = $state(60);
  /** The moment that the map is drawn for; it changes with each picture and tells nobody. */
  moment_s = 0;
  /** The same for words and figures, five times a second: each of their changes paints anew. */
  shown_s = $state(0);
  isLoaded = $state(false);
  tallied = $state.raw<Tallied>({ located: 0, wide: 0, top: [] });
  readonly points = new Points();
  private readonly tally = new Tally(this.points);
  private wanted = 0;
  private isFetching = false;
  /** Began by itself, after the session: goes round and round. */
  private isLooping = false;
  private rested_s = 0;

  constructor(
    first: HeatState,
    asked: Asked,
    private readonly fetchPoints: FetchPoints,
    private readonly now_s: () => number,
  ) {
    this.state = first;
    this.frame = asked.frame;
    this.own = asked.frame.name === 'own' ? asked.frame : null;
    this.hasBorders = asked.hasBorders;
    this.speed = asked.speed;
    this.isLooping = asked.isReplay || first.session.state === 'closed';
    if (this.isLooping) this.replay();
    else this.shown_s = this.moment_s = now_s() - BEHIND_S;
  }

  /** Takes the whole truth: what is missing of the points is fetched. */
  hear(state: HeatState): void {
    this.state = state;
    void this.catchUp(state.revision);
  }

  apply(changes: HeatChange[]): void {
    let next = this.state;
    for (const change of changes) {
      if (change.kind === 'counts') next = { ...next, counts: withTail(next.counts, change.counts) };
      else if (change.kind === 'moments') next = { ...next, moments: change.moments };
      else if (change.kind === 'session') next = { ...next, session: change.session };
      else if (!this.isLoaded || !change.is_whole || !this.points.take(unpackChange(change))) {
        void this.catchUp(change.id);
      }
    }
    this.state = next;
  }

  /** Fetches until the points are those of that revision at least; one at a time. */
  async catchUp(revision: number): Promise<void> {
    this.wanted = Math.max(this.wanted, revision);
    if (this.isFetching) return;
    this.isFetching = true;
    let failures = 0;
    while (!this.isLoaded || this.points.revision < this.wanted) {
      const before = this.points.revision;
      try {
        const packed = await this.fetchPoints(before);
        if (packed === null) break;
        if (!this.points.take(packed)) this.points.take((await this.fetchPoints(0))!);
        this.isLoaded = true;
        failures = 0;
      } catch {
        failures += 1;
      }
      const isStuck = this.points.revision === before && this.points.revision < this.wanted;
      if (failures || isStuck) await wait(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!);
    }
    this.isFetching = false;
  }

  get span(): Span {
    return spanOf(this.state.counts, this.state.session, this.state.moments, this.now_s());
  }

  get marks(): Mark[] {
    return marksOf(this.state.moments, this.span);
  }

  /** How many posts had come by the moment shown. */
  get posts(): number {
    const { counts } = this.state;
    return this.isReplay ? Math.max(postsAt(counts, this.shown_s), this.tallied.located) : counts.posts;
  }

  /** Lets so much time pass. */
  advance(seconds: number): void {
    if (!this.isReplay) {
      this.moment_s = this.now_s() - BEHIND_S;
      return;
    }
    if (!this.isPlaying) return;
    const { from_s, until_s } = this.span;
    if (this.moment_s < until_s) {
      this.moment_s = Math.min(until_s, this.moment_s + seconds * this.speed);
      return;
    }
    this.rested_s += seconds;
    if (!this.isLooping) this.isPlaying = false;
    else if (this.rested_s > LOOP_REST_S) [this.moment_s, this.rested_s] = [from_s, 0];
  }

  /** Counts what is on the map at the moment shown. */
  count(): void {
    this.shown_s = this.moment_s;
    this.tallied = this.tally.at(this.isReplay ? this.moment_s : Infinity, TOP);
  }

  /** From the moment that is given, else from the beginning. */
  replay(from_s = this.span.from_s): void {
    this.isReplay = true;
    this.isPlaying = true;
    this.rested_s = 0;
    this.shown_s = this.moment_s = from_s;
  }

  turn(): void {
    this.isLooping = false;
    if (!this.isReplay || this.moment_s >= this.span.until_s) this.replay();
    else this.isPlaying = !this.isPlaying;
  }

  /** Shows that moment, and goes on from there if it was going on. */
  seek(moment_s: number): void {
    this.isLooping = false;
    const { from_s, until_s } = this.span;
    this.isReplay = true;
    this.rested_s = 0;
    this.shown_s = this.moment_s = Math.min(until_s, Math.max(from_s, moment_s));
  }

  goLive(): void {
    this.isReplay = this.isPlaying = this.isLooping = false;
    this.shown_s = this.moment_s = this.now_s() - BEHIND_S;
  }

  look(frame: Frame): void {
    this.frame = frame;
    if (frame.name === 'own') this.own = frame;
  }

  lookAt(name: string): void {
    const frame = name === 'own' ? this.own : frameNamed(name);
    if (frame) this.look(frame);
  }

  /** The next of the frames. */
  lookOn(): void {
    const names = FRAMES.filter((name) => name !== 'own' || this.own);
    this.lookAt(names[(names.indexOf(this.frame.name) + 1) % names.length]!);
  }

  /** Nearer (below 1) or farther, and aside by so many shares of the width and height. */
  move(by: { zoom?: number; right?: number; down?: number }): void {
    const near = this.frame.name === 'world' ? frameNamed('europe')! : this.frame;
    const step_km = near.width_km / 8;
    const lat = near.lat - ((by.down ?? 0) * step_km) / 111;
    const lon = near.lon + ((by.right ?? 0) * step_km) / (111 * Math.cos((near.lat * Math.PI) / 180));
    this.look(ownFrame(lat, lon, near.width_km * (by.zoom ?? 1)));
  }

  /** The address's words for what is shown, so that a television that starts again shows it. */
  get query(): Record<string, string | null> {
    const frame = frameText(this.frame);
    return { frame: frame === 'europe' ? null : frame, coasts: this.hasBorders ? null : '' };
  }
}

const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));
