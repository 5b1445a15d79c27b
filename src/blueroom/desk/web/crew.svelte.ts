// Who else has this desk open and what they read; and which share of the list is whose.
import type { Api } from './api';
import { readerOf } from './rules';
import type { Present } from './wire';

const SIGN_MS = 10_000; // desk/presence.py forgets who gives no sign for 25 s
const REST_MS = 400; // running through the list is no reading

export class Crew {
  people = $state.raw<Present[]>([]);
  /** Whether only one's own share is listed. */
  sharesOut = $state(false);

  others = $derived.by(() => this.people.filter(({ id }) => id !== this.me));

  private reads: number | null = null;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private signs: ReturnType<typeof setInterval> | undefined;

  constructor(
    private api: Api,
    private me: number,
  ) {}

  /** Those, besides oneself, who have that question under their eyes. */
  readersOf = (questionId: number) => this.others.filter(({ question }) => question === questionId);

  isMine(questionId: number): boolean {
    const ids = this.people.map(({ id }) => id);
    return !ids.includes(this.me) || readerOf(questionId, ids) === this.me;
  }

  /** One's own part of what waits, as the server is asked for it: "0/3"; "" where one is alone. */
  get share(): string {
    const at = this.people.findIndex(({ id }) => id === this.me);
    return at < 0 ? '' : `${at}/${this.people.length}`;
  }

  read(questionId: number | null): void {
    if (questionId === this.reads) return;
    this.reads = questionId;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => void this.api.here(this.reads), REST_MS);
  }

  start(): void {
    void this.api.here(this.reads);
    this.signs = setInterval(() => void this.api.here(this.reads), SIGN_MS);
  }

  stop(): void {
    clearInterval(this.signs);
    clearTimeout(this.resting);
  }
}
