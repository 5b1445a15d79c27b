// What the studio knows and does; no markup here.
import { type Boot, sourceOf } from '../../design/web/boot';
import { follow, type Status } from '../../design/web/live';
import type { ShownAt } from '../../design/web/playback';
import { clock } from '../../design/web/time.svelte';
import { words, type Say } from '../../design/web/words';
import { type Answer, Api, type FeedStep, type Kind } from './api';
import { markTime, type Seen } from './marks';
import type {
  AnswerLine,
  Card,
  FeedFigures,
  FeedLine,
  MessageLine,
  ProgrammeCard,
  Room,
  SessionCard,
  StudioChange,
  StudioState,
} from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

export interface StudioBoot extends Boot {
  screen: 'studio';
  /** What the person may do here, of RIGHTS in studio/views.py. */
  may: string[];
  me: string;
  desk_url: string;
  session_url: string;
  rtmp_url: string;
  zone: string;
}

export interface Notice {
  id: number;
  tone: 'done' | 'wrong';
  text: string;
}

/** Whose sound is heard here: one at a time. */
export type Heard = 'programme' | number | null;

const NOTICES = 3;
const LASTS_MS = { done: 5_000, wrong: 15_000 };
// Figures come twice a second; a feed that says nothing for so long has a frozen meter.
const FIGURES_LAST_MS = 2_500;

export class Studio {
  session = $state.raw<SessionCard | null>(null);
  programme = $state.raw<ProgrammeCard | null>(null);
  feeds = $state.raw<FeedLine[]>([]);
  answers = $state.raw<AnswerLine[]>([]);
  /** What the crew wrote, newest first. */
  messages = $state.raw<MessageLine[]>([]);
  onAir = $state.raw<Card | null>(null);
  next = $state.raw<Card[]>([]);
  disk = $state.raw<Room | null>(null);
  figures = $state.raw<Record<number, FeedFigures & { at_ms: number }>>({});

  status = $state.raw<Status | null>(null);
  notices = $state.raw<Notice[]>([]);
  heard = $state<Heard>(null);
  /** The feed whose sheet is open. */
  opened = $state<number | null>(null);
  busy = $state<string | null>(null);

  readonly say: Say;
  readonly api: Api;
  /** What each picture on this screen shows now, by its place: 'programme' or a feed's id. */
  readonly seen = new Map<string, () => ShownAt>();
  private count = 0;

  constructor(readonly boot: StudioBoot) {
    this.say = words(boot.language, { fr, en });
    this.api = new Api(boot.api, boot.slug, boot.csrf);
  }

  may = (right: string): boolean => this.boot.may.includes(right);

  get state(): string {
    return this.programme?.state ?? 'off';
  }

  get hasRights(): boolean {
    return this.status?.state !== 'forbidden';
  }

  /** Feeds with a tile, in the order of their keys; those who wait in the queue have none. */
  tiles = $derived(
    this.feeds.filter(({ kind, state }) => kind !== 'fan' || state === 'testing' || state === 'ready'),
  );
  queue = $derived(
    this.feeds.filter(({ kind, state }) => kind === 'fan' && (state === 'waiting' || state === 'refused')),
  );
  /** The answer that has begun and not ended, the newest where there are several. */
  open = $derived(this.answers.find(({ kind, out_at }) => kind === 'video' && out_at === null) ?? null);
  sheet = $derived(this.feeds.find(({ id }) => id === this.opened) ?? null);

  figuresOf(id: number): FeedFigures | null {
    const found = this.figures[id];
    return found && clock.now && performance.now() - found.at_ms < FIGURES_LAST_MS ? found : null;
  }

  // -- the programme --------------------------------------------------------------------------

  goLive = (feedId?: number) => this.doing('live', () => this.api.goLive(feedId));
  slate = () => this.doing('slate', () => this.api.slate());
  stop = () => this.doing('stop', () => this.api.stop());

  mute(): Promise<boolean> {
    const is_muted = !this.programme?.is_muted;
    return this.doing('mute', () => this.api.changeProgramme({ is_muted }));
  }

  setDelay = (delay_s: number) => this.doing('delay', () => this.api.changeProgramme({ delay_s }));
  setLeastDelay = (least_delay_s: number) =>
    this.doing('delay', () => this.api.changeProgramme({ least_delay_s }));

  get canDump(): boolean {
    return this.state !== 'off' && (this.programme?.delay_s ?? 0) > 0 && this.may('cover_programme');
  }

  async dump(): Promise<void> {
    if (!this.canDump) return this.tell('wrong', this.say('dump.nothing'));
    const answer = await this.api.dump();
    if (answer.ok) this.tell('done', this.say('dump.done', { n: Math.round(answer.value.dumped_s) }));
    else this.explain(answer);
  }

  // -- feeds ----------------------------------------------------------------------------------

  /** Shows the feed to the public at once. */
  async putOn(feed: FeedLine): Promise<void> {
    if (!this.may('run_programme')) return;
    if (!feed.way) return this.tell('wrong', this.say('feed_line.away', { name: feed.name }));
    await this.goLive(feed.id);
  }

  async add(kind: Kind, name: string): Promise<boolean> {
    const answer = await this.api.makeFeed(kind, name);
    if (!answer.ok) return this.explain(answer);
    this.putFeed(answer.value);
    this.opened = answer.value.id;
    return true;
  }

  async step(feed: FeedLine, step: FeedStep): Promise<boolean> {
    const answer = await this.api.stepFeed(feed.id, step);
    if (!answer.ok) return this.explain(answer);
    if (step === 'end') this.feeds = this.feeds.filter(({ id }) => id !== feed.id);
    else this.putFeed(answer.value);
    return true;
  }

  async rename(feed: FeedLine, name: string): Promise<boolean> {
    const answer = await this.api.changeFeed(feed.id, { name });
    if (!answer.ok) return this.explain(answer);
    this.putFeed(answer.value);
    return true;
  }

  wall = (feed: FeedLine) =>
    this.doing(`wall ${feed.id}`, () => this.api.changeFeed(feed.id, { is_on_wall: !feed.is_on_wall }));

  /** Writes to whoever sends by a feed; the receipts come by the stream. */
  async tellFeed(feed: FeedLine, text: string): Promise<boolean> {
    const answer = await this.api.say(feed.id, text);
    if (!answer.ok) return this.explain(answer);
    this.putMessage(answer.value);
    return true;
  }

  /** What is shown on the page of a feed: a guest's shows also what was written to the guest. */
  messagesTo = (feed: FeedLine): MessageLine[] =>
    this.messages.filter(({ feed_id }) => feed_id === feed.id || (feed_id === null && feed.kind === 'guest'));

  private putMessage(line: MessageLine): void {
    if (this.messages.some(({ id }) => id === line.id)) return; // the stream was faster, and knows more
    this.messages = [line, ...this.messages];
  }

  /** Says what the person of a feed wants to ask; null: nobody knows. */
  async tie(feed: FeedLine, question_id: number | null): Promise<boolean> {
    const answer = await this.api.tie(feed.id, question_id);
    if (!answer.ok) return this.explain(answer);
    this.putFeed(answer.value);
    return true;
  }

  private putFeed(feed: FeedLine): void {
    const isKnown = this.feeds.some(({ id }) => id === feed.id);
    this.feeds = isKnown ? this.feeds.map((one) => (one.id === feed.id ? feed : one)) : [...this.feeds, feed];
  }

  // -- answers --------------------------------------------------------------------------------

  /** The moment that the person at this screen sees. */
  private get seenAt(): Date | null {
    const { feed_id } = this.programme ?? {};
    const seen = (key: string): Seen => ({ key, at: this.seen.get(key)?.() ?? null });
    const places = ['programme', ...this.feeds.map(({ id }) => String(id))].map(seen);
    const heard = this.heard === null ? null : String(this.heard);
    return markTime(places, { heard, onAir: feed_id == null ? null : String(feed_id), now: clock.now });
  }

  async markIn(): Promise<void> {
    if (!this.may('mark_answer')) return;
    if (!this.onAir) return this.tell('wrong', this.say('mark.no_question'));
    const at = this.seenAt;
    const answer = await this.api.mark(this.onAir.id, 'in', at);
    if (answer.ok) this.putAnswer(answer.value);
    else this.explain(answer);
  }

  async markOut(): Promise<void> {
    if (!this.may('mark_answer')) return;
    if (!this.open) return this.tell('wrong', this.say('mark.none_open'));
    const at = this.seenAt;
    const answer = await this.api.mark(this.open.question_id, 'out', at);
    if (answer.ok) this.putAnswer(answer.value);
    else this.explain(answer);
  }

  async forget(line: AnswerLine): Promise<void> {
    const answer = await this.api.forget(line.id);
    if (answer.ok) this.answers = this.answers.filter(({ id }) => id !== line.id);
    else this.explain(answer);
  }

  private putAnswer(line: AnswerLine): void {
    const others = this.answers.filter(({ id }) => id !== line.id);
    this.answers = [line, ...others].sort((one, other) => other.id - one.id);
  }

  // -- what happened --------------------------------------------------------------------------

  tell(tone: Notice['tone'], text: string): void {
    const notice = { id: ++this.count, tone, text };
    this.notices = [...this.notices.filter((one) => one.text !== text), notice].slice(-NOTICES);
    setTimeout(() => this.close(notice.id), LASTS_MS[tone]);
  }

  close(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  /** Says why nothing was done; false, as what was tried. */
  explain(answer: Extract<Answer<unknown>, { ok: false }>): false {
    const key = answer.kind === 'rights' ? 'not_allowed' : 'unreachable';
    this.tell('wrong', answer.message || this.say(key));
    return false;
  }

  private async doing<T>(what: string, work: () => Promise<Answer<T>>): Promise<boolean> {
    this.busy = what;
    const answer = await work();
    if (this.busy === what) this.busy = null;
    if (!answer.ok) return this.explain(answer);
    const value = answer.value as Partial<ProgrammeCard & FeedLine> | null;
    if (value && 'least_delay_s' in value) this.programme = value as ProgrammeCard;
    else if (value && 'is_on_wall' in value) this.putFeed(value as FeedLine);
    return true;
  }

  // -- the stream -----------------------------------------------------------------------------

  start(): void {
    follow<StudioState, StudioChange>(sourceOf(this.boot), {
      snapshot: (state, at) => this.replace(state, at),
      changes: (changes) => changes.forEach((change) => this.change(change)),
      status: (status) => (this.status = status),
    });
  }

  private replace(state: StudioState, at: Date): void {
    clock.hear(at);
    this.session = state.session;
    this.programme = state.programme;
    this.feeds = state.feeds;
    this.answers = state.answers;
    this.messages = state.messages;
    this.onAir = state.on_air;
    this.next = state.next;
    this.disk = state.disk;
  }

  private change(change: StudioChange): void {
    switch (change.kind) {
      case 'programme':
        this.programme = change.programme;
        break;
      case 'feeds':
        this.feeds = change.feeds;
        this.disk = change.disk;
        break;
      case 'answers':
        this.answers = change.answers;
        break;
      case 'messages':
        this.messages = change.messages;
        break;
      case 'questions':
        this.onAir = change.on_air;
        this.next = change.next;
        break;
      case 'session':
        this.session = change.session;
        break;
      case 'figures':
        this.figures = { ...this.figures, [change.id]: { ...change, at_ms: performance.now() } };
    }
  }
}
