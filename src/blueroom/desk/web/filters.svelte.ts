// The filters of the list: what is asked for now, what is kept by name, and how many are found.
import { clock } from '../../design/web/time.svelte';
import type { Saved } from './api';
import type { Desk } from './desk.svelte';
import { type Asked, type Criteria, type Criterion, NONE, addressOf, askedIn, isSame, onesIn } from './filters';
import { countOf, statesOf } from './rules';

const REST_MS = 300;
const AGAIN_MS = 5_000; // so often the server counts anew while posts come in
const AGE_MS = 10_000; // so exact the age of a post is

export class Filters {
  /** All but one's own share, which the crew knows. */
  private criteria = $state.raw<Criteria>(NONE);
  saved = $state.raw<Saved[]>([]);
  isOpen = $state(false);
  isBusy = $state(false);

  /** How many the server finds, for lists larger than what is loaded. */
  private counted = $state<{ address: string; count: number } | null>(null);
  private counting: { address: string; timer: ReturnType<typeof setTimeout> } | null = null;
  private counted_at = -Infinity;
  private loading = 0;

  constructor(private desk: Desk) {}

  /** What the list is narrowed down to. */
  now = $derived.by<Criteria>(() => ({ ...this.criteria, mine: this.desk.crew.sharesOut }));

  asked = $derived.by<Asked>(() => ({
    list: this.desk.filter,
    q: this.desk.typed.trim(),
    ...this.now,
  }));

  on = $derived.by<Criterion[]>(() => onesIn(this.now));
  address = $derived.by(() => addressOf(this.asked));

  /** By when the age of a post is told; rests where no age is asked for. */
  age_ms = $derived.by(() =>
    this.criteria.within_minutes || this.criteria.older_minutes
      ? Math.floor(clock.now.getTime() / AGE_MS) * AGE_MS
      : 0,
  );

  /** Whether less than the whole list may be shown. */
  isNarrow = $derived.by(() => this.on.length > 0 || this.asked.q !== '');

  /** How many the list has, whatever is asked for. */
  total = $derived.by(() =>
    this.desk.isWhole ? this.desk.listed : countOf(this.desk.filter, this.desk.counts.by_state),
  );

  /** How many of them meet what is asked for; null until the server has counted. */
  found = $derived.by<number | null>(() => {
    const loaded = this.desk.met;
    if (!this.isNarrow) return this.total;
    if (this.desk.isWhole) return loaded;
    if (this.counted?.address !== this.address) return null;
    return Math.max(loaded, this.counted.count);
  });

  /** The filter that is kept and is just what is asked for. */
  current = $derived.by(() => this.saved.find((one) => isSame(one.asked, this.asked)));

  set(change: Partial<Criteria>): void {
    const { mine, ...criteria } = { ...this.now, ...change };
    this.criteria = { ...criteria, mine: false };
    this.desk.crew.sharesOut = mine;
  }

  /** Takes one criterion away. */
  drop = (name: Criterion) => this.set({ [name]: NONE[name] });

  /** The whole list again. */
  clear(): void {
    this.set(NONE);
    if (this.desk.typed) this.desk.search('');
  }

  /** Narrows the list down to what a filter asks for. */
  use(asked: Asked): void {
    const { list, q, ...criteria } = asked;
    this.desk.setFilter(list);
    this.desk.typed = q;
    this.set(criteria);
  }

  /** The filter that is kept as number so, from 1; 0 shows everything. */
  pick(number: number): void {
    const { notices, say } = this.desk;
    if (number === 0) {
      this.clear();
      return notices.say(say('filters.none'));
    }
    const kept = this.saved[number - 1];
    if (!kept) return notices.show('hint', say('filters.no_such', { n: number }));
    this.use(kept.asked);
    notices.say(say('filters.picked', { name: kept.name }));
  }

  /** Opens the panel. */
  open(): void {
    this.desk.page = 'questions';
    this.isOpen = true;
  }

  /** Fetches what is kept: with each snapshot, and whenever the stream says that it changed. */
  async load(): Promise<void> {
    const mine = ++this.loading;
    const answer = await this.desk.api.filters();
    if (answer.ok && mine === this.loading) this.saved = answer.value;
  }

  /** Keeps what is asked for by a name; says whether that went well. */
  async save(name: string, isShared: boolean): Promise<boolean> {
    this.isBusy = true;
    const answer = await this.desk.api.saveFilter(name, this.asked, isShared);
    this.isBusy = false;
    if (answer.ok) await this.load();
    else this.desk.tellUnless(answer);
    return answer.ok;
  }

  async remove(id: number): Promise<void> {
    const answer = await this.desk.api.removeFilter(id);
    if (!answer.ok) this.desk.tellUnless(answer);
    await this.load();
  }

  /** What the page's address asks for, when it is opened. */
  start(): void {
    this.use(askedIn(new URLSearchParams(location.search)));
  }

  /** Puts what is asked for into the page's address: a reload keeps it. */
  keepInAddress(): void {
    const search = this.address && `?${this.address}`;
    if (search !== location.search) history.replaceState(history.state, '', location.pathname + search);
  }

  /** What the server is to look for, as far as it is not loaded. */
  sought(): Record<string, string | number> {
    const { list, q, mine, ...criteria } = this.asked;
    // What is on air is always in the snapshot.
    const [state = ''] = statesOf(list)?.slice(-1) ?? [];
    const share = mine && list === 'waiting' ? this.desk.crew.share : '';
    const wanted = Object.entries(criteria).filter(([, value]) => value);
    return { state, q, share, ...Object.fromEntries(wanted) };
  }

  /** Has the server count, once things rest, where it alone knows. */
  count(): void {
    const { address } = this;
    const isWanted = this.isNarrow && !this.desk.isWhole;
    if (isWanted && this.counting?.address === address) return;
    this.stop();
    if (!isWanted) return;
    const isNew = this.counted?.address !== address;
    const wait_ms = isNew ? REST_MS : this.counted_at + AGAIN_MS - performance.now();
    const timer = setTimeout(() => void this.fetchCount(address), Math.max(0, wait_ms));
    this.counting = { address, timer };
  }

  private async fetchCount(address: string): Promise<void> {
    const answer = await this.desk.api.countQuestions(this.sought());
    this.counted_at = performance.now();
    if (address !== this.address) return;
    this.counting = null;
    if (answer.ok) this.counted = { address, count: answer.value.count };
  }

  stop(): void {
    clearTimeout(this.counting?.timer);
    this.counting = null;
  }
}
