// The sentences at the foot of the list, and what is read aloud.

export interface Notice {
  id: number;
  /** `hint`: why nothing happened. `told`: somebody else acted. `wrong`: it failed. */
  tone: 'hint' | 'told' | 'wrong';
  text: string;
  /** What a click does, and how that is called. */
  act?: { label: string; run: () => void };
}

const SHOWN = 3;
const LASTS_MS = { hint: 4_000, told: 9_000, wrong: 20_000 };
const ALOUD_EVERY_MS = 1_500;

export class Notices {
  shown = $state.raw<Notice[]>([]);
  /** For the one polite live region; changes at most every second and a half, the newest wins. */
  aloud = $state('');

  private count = 0;
  private saidAt = 0;
  private toSay: ReturnType<typeof setTimeout> | undefined;

  show(tone: Notice['tone'], text: string, act?: Notice['act']): void {
    const notice: Notice = { id: ++this.count, tone, text, act };
    const others = this.shown.filter((one) => one.text !== text);
    this.shown = [...others, notice].slice(-SHOWN);
    setTimeout(() => this.close(notice.id), LASTS_MS[tone]);
    this.say(text);
  }

  close(id: number): void {
    this.shown = this.shown.filter((notice) => notice.id !== id);
  }

  say(text: string): void {
    clearTimeout(this.toSay);
    const wait = Math.max(0, this.saidAt + ALOUD_EVERY_MS - Date.now());
    this.toSay = setTimeout(() => {
      this.saidAt = Date.now();
      // The same words twice are read twice only if the text changes.
      this.aloud = text === this.aloud ? `${text}\u00a0` : text;
    }, wait);
  }
}
