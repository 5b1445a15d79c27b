// Questions that are not in the snapshot: fetched as the list is scrolled down or searched.
import type { Api } from './api';
import type { Rows } from './rows.svelte';
import { type Filter, statesOf } from './rules';

const PAGE = 200;
const TYPING_MS = 250;

export class Older {
  isLoading = $state(false);
  /** Whether scrolling further down may bring more. */
  hasMore = $state(false);

  private filter: Filter = 'waiting';
  private typed = '';
  private after: string | number | null = null;
  private asked = 0;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private api: Api,
    private rows: Rows,
    private rightsEnded: () => void,
  ) {}

  /** Another list is looked at; `more` says whether the snapshot left questions out. */
  look(filter: Filter, typed: string, more: boolean): void {
    this.begin(filter, typed.trim());
    this.hasMore = more || this.typed !== '';
    if (this.typed) void this.load();
  }

  /** Asks for what is not loaded, once the typing rests. */
  search(filter: Filter, typed: string): void {
    this.begin(filter, typed.trim());
    if (this.typed.length < 2) return;
    this.hasMore = true;
    this.typing = setTimeout(() => void this.load(), TYPING_MS);
  }

  async load(): Promise<void> {
    if (this.isLoading || !this.hasMore) return;
    const asked = this.asked;
    this.isLoading = true;
    // What is on air is always in the snapshot.
    const [state = ''] = statesOf(this.filter)?.slice(-1) ?? [];
    const answer = await this.api.questions({
      state,
      q: this.typed,
      after: this.after,
      limit: PAGE,
    });
    if (asked !== this.asked) return;
    this.isLoading = false;
    if (!answer.ok) {
      if (answer.kind === 'rights') this.rightsEnded();
      this.hasMore = false;
      return;
    }
    this.rows.put(answer.value.items);
    this.after = answer.value.next;
    this.hasMore = this.after !== null;
  }

  private begin(filter: Filter, typed: string): void {
    clearTimeout(this.typing);
    this.asked += 1;
    this.isLoading = false;
    this.filter = filter;
    this.typed = typed;
    this.after = null;
  }
}
