// The house's order of a list. It is asked for at a calm pace while somebody wants it, and the list
// follows a new one only when nobody is about to press: at rest, or when they say so.
import type { Api, HouseOrder } from './api';
import type { Filter } from './rules';
import type { Row } from './wire';

const CALM_MS = 15_000; // desk/order.py makes one every ten seconds
const RETRY_MS = 3_000;
/** Without a key, a press or a turn of the wheel: nobody is about to decide. */
const REST_MS = 6_000;
/** A new order is worth a word where it is another one up here. */
const IN_SIGHT = 12;

export const SORTS = ['newest', 'house', 'askers'] as const;
export type Sort = (typeof SORTS)[number];
export const RANKED: Filter[] = ['waiting', 'approved'];

/** Where the questions of a list stand, from 0, and why. */
interface Standing {
  of: Filter;
  version: string;
  ids: number[];
  places: Map<number, number>;
  reasons: string[][];
  why: number[];
}

export class Order {
  sort = $state<Sort>('newest');
  /** What the list follows. */
  private followed = $state.raw<Standing | null>(null);
  /** A newer one, until the list is at rest. */
  private coming = $state.raw<Standing | null>(null);

  private filter = $state<Filter>('waiting');
  private asked = 0;
  private next: ReturnType<typeof setTimeout> | undefined;
  private touched_ms = -Infinity;

  constructor(
    private api: Pick<Api, 'order'>,
    private key: string,
    private rightsEnded: () => void,
  ) {}

  start(): void {
    const kept = this.remembered();
    this.sort = SORTS.find((sort) => sort === kept) ?? 'newest';
    this.begin();
  }

  stop(): void {
    clearTimeout(this.next);
    this.asked += 1;
  }

  choose(sort: Sort): void {
    if (sort === this.sort) return;
    this.sort = sort;
    try {
      localStorage.setItem(this.key, sort);
    } catch {
      // kept for this page only
    }
    this.begin();
  }

  /** Another list is looked at. */
  look(filter: Filter): void {
    this.filter = filter;
    this.begin();
  }

  /** Whether the list looked at is in the house's order, or about to be. */
  get isOn(): boolean {
    return this.sort === 'house' && RANKED.includes(this.filter);
  }

  private get current(): Standing | null {
    return this.isOn && this.followed?.of === this.filter ? this.followed : null;
  }

  /** How rows are put in order: what came since, newest first, below what was ranked. Null where
   *  the house has not said anything yet. */
  get compare(): ((one: Row, other: Row) => number) | null {
    const places = this.current?.places;
    if (!places) return null;
    const place = (row: Row) => places.get(row.id) ?? Infinity;
    return (one, other) => {
      const [first, second] = [place(one), place(other)];
      return first === second ? other.id - one.id : first - second;
    };
  }

  /** The place of a question, from 1, and why it stands there; null where it was not ranked. */
  standing(id: number): { place: number; of: number; reasons: string[] } | null {
    const at = this.current?.places.get(id);
    if (at === undefined) return null;
    const { ids, reasons, why } = this.current!;
    return { place: at + 1, of: ids.length, reasons: reasons[why[at]!]! };
  }

  /** Whether there is a newer order that is another one at the top of what is `shown`. */
  isNews(shown: number[]): boolean {
    const coming = this.coming;
    if (!coming || coming.of !== this.filter) return false;
    const listed = new Set(shown);
    const top = coming.ids.filter((id) => listed.has(id)).slice(0, IN_SIGHT);
    return top.some((id, at) => id !== shown[at]);
  }

  /** Somebody is at work in the list. */
  touch(): void {
    this.touched_ms = performance.now();
  }

  /** Follows the newer order, where nothing was touched for a while. */
  settle(): void {
    if (this.coming && performance.now() - this.touched_ms >= REST_MS) this.take();
  }

  /** Follows the newer order now. */
  take(): void {
    if (this.coming?.of === this.filter) this.followed = this.coming;
    this.coming = null;
  }

  private begin(): void {
    clearTimeout(this.next);
    this.asked += 1;
    this.coming = null;
    if (this.followed?.of !== this.filter || !this.isOn) this.followed = null;
    if (this.isOn) void this.load(this.asked);
  }

  private async load(asked: number): Promise<void> {
    const of = this.filter;
    const since = (this.coming ?? this.followed)?.version;
    // A page that nobody sees asks for nothing.
    const answer = document.hidden ? null : await this.api.order({ state: of, since });
    if (asked !== this.asked) return;
    if (answer?.ok && answer.value) this.hear(of, answer.value);
    if (answer && !answer.ok && answer.kind === 'rights') return this.rightsEnded();
    const wait_ms = answer && !answer.ok && !this.followed ? RETRY_MS : CALM_MS;
    this.next = setTimeout(() => void this.load(asked), wait_ms);
  }

  private hear(of: Filter, { version, ids, reasons, why }: HouseOrder): void {
    const places = new Map(ids.map((id, at) => [id, at]));
    const standing = { of, version, ids, places, reasons, why };
    if (this.followed) this.coming = standing;
    else this.followed = standing;
  }

  private remembered(): string | null {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return null;
    }
  }
}
