// The server's time, as a screen knows it: televisions are often minutes off.

class Clock {
  private offset_ms = 0;
  /** The server's time; changes each second. */
  now = $state(new Date());

  constructor() {
    this.tick();
  }

  /** Takes the time of a fresh message, a snapshot's say, for the server's. */
  hear(at: Date): void {
    this.offset_ms = at.getTime() - Date.now();
    this.now = at;
  }

  /** The server's time to the millisecond; read it, it tells nobody that it changes. */
  get exact(): Date {
    return new Date(Date.now() + this.offset_ms);
  }

  private tick(): void {
    this.now = this.exact;
    setTimeout(() => this.tick(), 1000 - (this.now.getTime() % 1000));
  }
}

export const clock = new Clock();
