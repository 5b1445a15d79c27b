// Hearts for the live picture, without a screen: batches of this phone's taps, and how many fly.

/** What the server counts of one batch (audience/rules.py). */
export const MOST_A_BATCH = 5;
const BETWEEN_MS = 1_000;
// Taps come in twos and threes: the first does not go alone.
const GATHER_MS = 250;
const LONGEST_MS = 16_000;

/** The taps that were not sent yet, and when they may be: a batch a second, one at a time. A server
 *  or a network that is slow gets batches less often, one that refuses them less and less often; what
 *  was lost stays lost. */
export class Batch {
  private waiting = 0;
  private first_ms = 0;
  private taken_ms = 0;
  private next_ms = 0;
  private wait_ms = BETWEEN_MS;
  private isOut = false;

  /** Whether one more heart counts. */
  tap(now_ms: number): boolean {
    if (this.waiting === MOST_A_BATCH) return false;
    if (!this.waiting) this.first_ms = now_ms;
    this.waiting += 1;
    return true;
  }

  /** After how long `take` has something; null: not before the next tap, or `came`. */
  dueIn(now_ms: number): number | null {
    if (!this.waiting || this.isOut) return null;
    return Math.max(0, this.next_ms - now_ms, this.first_ms + GATHER_MS - now_ms);
  }

  /** The hearts to be sent now; `came` must follow. */
  take(now_ms: number): number {
    const taken = this.waiting;
    this.waiting = 0;
    this.isOut = true;
    this.taken_ms = now_ms;
    return taken;
  }

  /** What was taken came to the server, or was lost. `random` is from 0 to 1. */
  came(isTaken: boolean, now_ms: number, random = Math.random()): void {
    this.isOut = false;
    this.wait_ms = isTaken ? BETWEEN_MS : Math.min(LONGEST_MS, 2 * this.wait_ms);
    // Three quarters of the time this phone leaves the server alone.
    if (isTaken) this.next_ms = this.taken_ms + Math.max(BETWEEN_MS, 4 * (now_ms - this.taken_ms));
    // Phones that were refused at the same time do not come back at the same time.
    else this.next_ms = now_ms + this.wait_ms * (0.75 + random / 2);
  }
}

export const MOST_FLYING = 24;
// Twelve a second, two seconds in the air.
const EACH_MS = 1_000 / 12;
const SHORTEST_BEAT_MS = 250;
const LONGEST_BEAT_MS = 1_250;

/** Over how long the hearts of a beat take off: until the next, where they come one after another. */
export const spreadOf = (since_ms: number): number =>
  since_ms > LONGEST_BEAT_MS ? SHORTEST_BEAT_MS : Math.max(SHORTEST_BEAT_MS, since_ms);

const most = (spread_ms: number): number => Math.round(spread_ms / EACH_MS);

/** How many of the `hearts` of a beat take off. */
export const takeOff = (hearts: number, spread_ms: number, flying: number): number =>
  Math.max(0, Math.min(hearts, most(spread_ms), MOST_FLYING - flying));

/** How large they are: what many sent at once is seen as few large ones. 1 to 1.8. */
export const sizeOf = (hearts: number, spread_ms: number): number =>
  1 + Math.min(0.8, 0.4 * Math.log10(Math.max(1, hearts / most(spread_ms))));

/** Sends a batch; whether the server took it. Never raises. */
export async function sendHearts(url: string, csrf: string, hearts: number): Promise<boolean> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf },
      body: JSON.stringify({ hearts }),
      signal: AbortSignal.timeout(8_000),
    });
    return answer.ok;
  } catch {
    return false;
  }
}
