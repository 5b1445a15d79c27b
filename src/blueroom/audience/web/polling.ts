// The page's state by asking again and again, where the stream cannot be held. What answers is kept
// for a second by every cache on the way, so that all phones together ask the server little.

const EVERY_MS = 4_000;
const PATIENCE_MS = 8_000;
// Older than this, what a cache gave does not count as heard.
const OLD_MS = 30_000;

export interface Heard<State> {
  state(state: State, at: Date): void;
  /** Whether the last answers are fresh. */
  fresh(isFresh: boolean): void;
}

export class Polling<State> {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isOn = false;
  private freshUntil_ms = 0;

  constructor(
    private url: string,
    private hear: Heard<State>,
  ) {}

  start(): void {
    if (this.isOn) return;
    this.isOn = true;
    void this.round();
  }

  stop(): void {
    this.isOn = false;
    this.freshUntil_ms = 0;
    clearTimeout(this.timer);
    this.hear.fresh(false);
  }

  private async round(): Promise<void> {
    // A page that nobody sees need not know.
    const answered = !document.hidden && (await this.ask());
    if (!this.isOn) return;
    if (answered) this.freshUntil_ms = Date.now() + OLD_MS;
    this.hear.fresh(Date.now() < this.freshUntil_ms);
    this.timer = setTimeout(() => void this.round(), EVERY_MS * (0.75 + Math.random() / 2));
  }

  private async ask(): Promise<boolean> {
    try {
      const answer = await fetch(this.url, { signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok) return false;
      const at = new Date(answer.headers.get('Snapshot-At') ?? 0);
      const state = (await answer.json()) as State;
      if (!this.isOn) return false;
      this.hear.state(state, at);
      // By the answer's own clock: this phone's may be minutes off.
      const sent = Date.parse(answer.headers.get('Date') ?? '') || Date.now();
      return sent - at.getTime() < OLD_MS;
    } catch {
      return false;
    }
  }
}
