// The hearts that this phone shows: its own at once, everybody's as the server tells them.
import { Batch, MOST_FLYING, sizeOf, spreadOf, takeOff } from './hearts';

export interface Flying {
  id: number;
  /** Where it rises, from the right: 0 to 1. */
  x: number;
  size: number;
  colour: number;
  delay_ms: number;
  life_ms: number;
  isOwn: boolean;
}
type Send = (hearts: number) => Promise<boolean>;

const COLOURS = 6;
const LIFE_MS = 1_900;
// After so long the server will not tell this phone its own hearts any more.
const FORGOTTEN_MS = 5_000;

export class Hearts {
  flying = $state.raw<Flying[]>([]);
  /** Of this phone, and not among those that the server has told. */
  own = $state(0);
  private batch = new Batch();
  private told: number;
  private told_ms = 0;
  private last = 0;
  private sending: ReturnType<typeof setTimeout> | undefined;
  private forgetting: ReturnType<typeof setTimeout> | undefined;

  /** `told`: how many the server had told when this began; `isStill`: nothing shall move. */
  constructor(
    private send: Send,
    told: number,
    private isStill: () => boolean,
  ) {
    this.told = told;
  }

  /** One more heart; whether it counts. */
  tap(): boolean {
    if (!this.batch.tap(Date.now())) return false;
    this.own += 1;
    this.fly(1, 1, 0, true);
    this.sendSoon();
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => (this.own = 0), FORGOTTEN_MS);
    return true;
  }

  /** The server has told `told` hearts so far, of everybody. */
  hear(told: number): void {
    const hearts = told - this.told;
    this.told = told;
    const own = Math.min(this.own, hearts);
    this.own -= own;
    const others = hearts - own;
    const spread_ms = spreadOf(Date.now() - this.told_ms);
    this.told_ms = Date.now();
    this.fly(takeOff(others, spread_ms, this.flying.length), sizeOf(others, spread_ms), spread_ms, false);
  }

  landed(id: number): void {
    this.flying = this.flying.filter((heart) => heart.id !== id);
  }

  stop(): void {
    clearTimeout(this.sending);
    clearTimeout(this.forgetting);
  }

  private fly(hearts: number, size: number, spread_ms: number, isOwn: boolean): void {
    // A page that nobody sees ends no animation.
    if (!hearts || this.isStill() || document.hidden) return;
    const more = Array.from({ length: hearts }, () => ({
      id: (this.last += 1),
      x: Math.random(),
      size: size * (0.85 + Math.random() * 0.3),
      colour: this.last % COLOURS,
      delay_ms: Math.round(Math.random() * spread_ms),
      life_ms: Math.round(LIFE_MS * (0.85 + Math.random() * 0.3)),
      isOwn,
    }));
    this.flying = [...this.flying, ...more].slice(-MOST_FLYING);
  }

  private sendSoon(): void {
    const due_ms = this.batch.dueIn(Date.now());
    if (due_ms === null) return;
    clearTimeout(this.sending);
    this.sending = setTimeout(() => void this.sendBatch(), due_ms);
  }

  private async sendBatch(): Promise<void> {
    const hearts = this.batch.take(Date.now());
    const isTaken = await this.send(hearts);
    this.batch.came(isTaken, Date.now());
    if (!isTaken) this.own = Math.max(0, this.own - hearts);
    this.sendSoon();
  }
}
