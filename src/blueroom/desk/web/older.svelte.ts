// Questions that are not in the snapshot: fetched as the list is scrolled down or narrowed.
import type { Api } from './api';
import type { Rows } from './rows.svelte';

const PAGE = 200;
const REST_MS = 250;

type Sought = Record<string, string | number>;

export class Older {
  isLoading = $state(false);
  /** Whether scrolling further down may bring more. */
  hasMore = $state(false);

  private sought: Sought = {};
  private after: string | number | null = null;
  private asked = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private api: Api,
    private rows: Rows,
    private rightsEnded: () => void,
  ) {}

  /** Another list is looked at. `hasMore` says whether something of it may not be loaded; what it
   *  is narrowed down to is asked for once the typing rests, else what comes next when one scrolls. */
  look(sought: Sought, hasMore: boolean, isNarrow: boolean): void {
    clearTimeout(this.resting);
    this.asked += 1;
    this.isLoading = false;
    this.sought = sought;
    this.after = null;
    this.hasMore = hasMore;
    if (hasMore && isNarrow) this.resting = setTimeout(() => void this.load(), REST_MS);
  }

  async load(): Promise<void> {
    if (this.isLoading || !this.hasMore) return;
    const asked = this.asked;
    this.isLoading = true;
    const answer = await this.api.questions({ ...this.sought, after: this.after, limit: PAGE });
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
}
