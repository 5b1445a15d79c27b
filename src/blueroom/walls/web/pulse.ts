// Whether a live picture is there to be looked at: it moves and more of it comes, or it has only
// just been sent for.

// A feed that died plays on for as long as its player holds some of it, a second or four: that
// nothing more comes is seen sooner. Parts come three times a second, whole segments every two.
const HUNGRY_MS = 2_200;
const STILL_MS = 2_000;
// Back on the wall only when it has gone on for so long: no coming and going. A player that begins
// anew on a dead feed gets its last seconds once more, all at once.
const STEADY_MS = 1_200;
// The first picture takes two seconds to be made, and players stumble as they begin.
const COMING_MS = 8_000;
// Nobody looked for so long (the machine slept, the page was hidden): that says nothing of the feed.
const UNSEEN_MS = 3_000;

/** Something that should go on and on. */
class Motion {
  private at = -1;
  private changed_ms: number;
  private since_ms = Infinity;

  constructor(
    private readonly limit_ms: number,
    private now_ms: number,
  ) {
    this.changed_ms = now_ms;
  }

  feel(at: number, now_ms: number): void {
    this.now_ms = now_ms;
    if (at !== this.at && this.at >= 0) {
      if (this.since_ms === Infinity || this.isStill) this.since_ms = now_ms;
      this.changed_ms = now_ms;
    }
    this.at = at;
  }

  forgive(now_ms: number): void {
    this.changed_ms = now_ms;
    this.since_ms = Infinity;
  }

  get hasBegun(): boolean {
    return this.since_ms !== Infinity;
  }

  get isStill(): boolean {
    return this.now_ms - this.changed_ms > this.limit_ms;
  }

  get isSteady(): boolean {
    return !this.isStill && this.changed_ms - this.since_ms >= STEADY_MS;
  }
}

export class Pulse {
  private readonly place: Motion;
  private readonly supply: Motion;
  private felt_ms: number;
  private isSettled = false;
  private isThere = true;
  /** Whether it moved since it was sent for. */
  hasMoved = false;

  constructor(private readonly began_ms: number) {
    this.place = new Motion(STILL_MS, began_ms);
    this.supply = new Motion(HUNGRY_MS, began_ms);
    this.felt_ms = began_ms;
  }

  /** Takes where the player stands and how far it could go on now, in seconds; whether the picture
   * is there. Asked a few times a second. */
  feel(at_s: number, until_s: number, now_ms: number): boolean {
    const { place, supply } = this;
    if (now_ms - this.felt_ms > UNSEEN_MS) for (const motion of [place, supply]) motion.forgive(now_ms);
    this.felt_ms = now_ms;
    place.feel(at_s, now_ms);
    supply.feel(until_s, now_ms);
    this.hasMoved ||= place.hasBegun;
    if (place.isSteady && supply.isSteady) {
      this.isSettled = this.isThere = true;
    } else if (place.isStill || supply.isStill) {
      if (this.isSettled || now_ms - this.began_ms > COMING_MS) this.isThere = false;
    }
    return this.isThere;
  }
}
