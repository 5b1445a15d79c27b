// What this phone knows: the session's public state, and its own questions.
import type { Boot } from '../../design/web/boot';
import type { Status } from '../../design/web/live';
import type { SlateState } from '../../design/web/slate.svelte';
import { Outbox, sendBy, type Outgoing } from './outbox';
import { Votes, voteBy } from './votes.svelte';
import type { OwnQuestion, PhoneChange, PhoneState, SessionCard, VoteCard } from './wire';

export interface Typed {
  text: string;
  name: string;
  place: string;
}
export interface PhoneBoot {
  ask_url: string;
  hearts_url: string;
  mine_url: string;
  vote_url: string;
  vote_after_s: number;
  now_url: string;
  calendar_url: string;
  offline_url: string;
  worker_url: string;
  video_url: string;
  length_max: number;
  zone: string;
  state: PhoneState;
  slate: SlateState;
  mine: OwnQuestion[];
  voted: number[];
  typed: Typed;
  refusal: string;
}

const ENDED = ['answered', 'withdrawn'];
const NOW_AND_THEN_MS = 30_000;
// All phones hear of a change at once; their questions come over a few seconds.
const SPREAD_MS = 3_000;

/** The newer entries, in the places that they had: nothing moves away under a finger. */
function inPlace(shown: VoteCard[], newer: VoteCard[]): VoteCard[] {
  const places = new Map(shown.map((entry, place) => [entry.card.id, place]));
  const placeOf = (entry: VoteCard) => places.get(entry.card.id) ?? shown.length;
  return newer
    .map((entry, place) => ({ entry, place }))
    .sort((a, b) => placeOf(a.entry) - placeOf(b.entry) || a.place - b.place)
    .map(({ entry }) => entry);
}

function withEntry(shown: VoteCard[], id: number, entry: VoteCard | null): VoteCard[] {
  if (!entry) return shown.filter(({ card }) => card.id !== id);
  const isShown = shown.some(({ card }) => card.id === id);
  return isShown ? shown.map((one) => (one.card.id === id ? entry : one)) : [...shown, entry];
}

/** Whether the producer turned something on or off that the public does or sees. */
const isOtherwise = (one: SessionCard, other: SessionCard): boolean =>
  one.takes_votes !== other.takes_votes ||
  one.takes_hearts !== other.takes_hearts ||
  one.shows_counts !== other.shows_counts;

export class Phone {
  state = $state.raw<PhoneState>(null!);
  mine = $state.raw<OwnQuestion[]>([]);
  /** Questions that have not reached the server yet. */
  outgoing = $state.raw<Outgoing[]>([]);
  /** A question that the server did not take, sent by itself or by hand. */
  refused = $state.raw<{ question: Outgoing; message: string } | null>(null);
  status = $state.raw<Status | null>(null);
  /** The state comes by asking for it: what the stream says of itself does not matter then. */
  isPolled = $state(false);
  votes: Votes;
  outbox: Outbox;
  /** Hearts told since this page opened; those of a snapshot are in its total alone. */
  heartsTold = $state(0);
  private asking: ReturnType<typeof setTimeout> | undefined;
  private askingAnew: ReturnType<typeof setTimeout> | undefined;

  constructor(private boot: Boot & PhoneBoot) {
    this.state = boot.state;
    this.mine = boot.mine;
    this.votes = new Votes(voteBy(boot.vote_url, boot.csrf), boot.voted, 1000 * boot.vote_after_s);
    this.outbox = new Outbox(boot.slug, sendBy(boot.ask_url, boot.csrf), {
      waiting: (outgoing) => (this.outgoing = outgoing),
      taken: (item) => this.asked(item),
      refused: (question, message) => (this.refused = { question, message }),
    });
    addEventListener('online', () => this.lineIsBack());
    setInterval(() => this.refreshSoon(), NOW_AND_THEN_MS);
    document.addEventListener('visibilitychange', () => this.refreshSoon(0));
  }

  get isTaking(): boolean {
    return ['open', 'on_air'].includes(this.state.session.state);
  }

  get isVoting(): boolean {
    return this.isTaking && this.state.session.takes_votes;
  }

  take(state: PhoneState): void {
    this.state = {
      ...state,
      hearts_total: this.mostHearts(state.hearts_total),
      up_for_vote: inPlace(this.state.up_for_vote, state.up_for_vote),
    };
    this.refreshSoon();
  }

  /** What could not be sent goes out now. */
  lineIsBack(): void {
    void this.outbox.flush();
    void this.votes.flush();
  }

  change(change: PhoneChange): void {
    switch (change.kind) {
      case 'on_air':
        this.state = { ...this.state, on_air: change.card };
        this.refreshSoon();
        break;
      case 'answered':
        this.state = { ...this.state, answered: change.answered };
        this.refreshSoon();
        break;
      case 'questions':
        this.state = { ...this.state, questions: change.questions, questions_answered: change.answered };
        break;
      case 'up_for_vote':
        this.state = { ...this.state, up_for_vote: withEntry(this.state.up_for_vote, change.id, change.entry) };
        if (this.mine.some(({ id }) => id === change.id)) this.refreshSoon();
        break;
      case 'votes':
        this.state = {
          ...this.state,
          up_for_vote: this.state.up_for_vote.map((entry) =>
            entry.card.id === change.id ? { ...entry, votes: change.votes } : entry,
          ),
        };
        break;
      case 'live':
        this.state = { ...this.state, live: change.live };
        break;
      case 'hearts':
        this.state = { ...this.state, hearts_total: this.mostHearts(change.total) };
        this.heartsTold += change.hearts;
        break;
      case 'session':
        if (isOtherwise(this.state.session, change.session)) this.askAnew();
        this.state = { ...this.state, session: change.session };
        break;
    }
  }

  /** A question of this phone that the server took. */
  asked(question: OwnQuestion): void {
    this.mine = [question, ...this.mine.filter(({ id }) => id !== question.id)];
  }

  /** A snapshot, or another host, may know of less than was told before. */
  private mostHearts(total: number): number {
    return Math.max(total, this.state.hearts_total);
  }

  private refreshSoon(within_ms = SPREAD_MS): void {
    if (document.hidden || this.mine.every(({ state }) => ENDED.includes(state))) return;
    clearTimeout(this.asking);
    this.asking = setTimeout(() => void this.refresh(), Math.random() * within_ms);
  }

  /** What may be seen has become another: what was not told before comes over a few seconds. */
  private askAnew(): void {
    clearTimeout(this.askingAnew);
    this.askingAnew = setTimeout(() => void this.fetchState(), Math.random() * SPREAD_MS);
  }

  private async fetchState(): Promise<void> {
    try {
      const answer = await fetch(this.boot.now_url);
      if (!answer.ok) return;
      const state = (await answer.json()) as PhoneState;
      // A cache on the way may give what was before the change.
      if (isOtherwise(state.session, this.state.session)) this.askAnew();
      else this.take(state);
    } catch {
      // No connection: the snapshot, once it is back, has it.
    }
  }

  private async refresh(): Promise<void> {
    try {
      const answer = await fetch(this.boot.mine_url, { headers: { Accept: 'application/json' } });
      if (!answer.ok) return;
      const { items, voted } = (await answer.json()) as { items: OwnQuestion[]; voted: number[] };
      this.mine = items;
      this.votes.hear(voted);
    } catch {
      // No connection: the next change, or half a minute, asks again.
    }
  }
}
