// What this phone knows: the session's public state, and its own questions.
import type { Boot } from '../../design/web/boot';
import type { Status } from '../../design/web/live';
import type { OwnQuestion, PhoneChange, PhoneState } from './wire';

export interface Typed {
  text: string;
  name: string;
  place: string;
}
export interface PhoneBoot {
  ask_url: string;
  hearts_url: string;
  mine_url: string;
  video_url: string;
  length_max: number;
  zone: string;
  state: PhoneState;
  mine: OwnQuestion[];
  typed: Typed;
  refusal: string;
}

const ENDED = ['answered', 'withdrawn'];
const NOW_AND_THEN_MS = 30_000;
// All phones hear of a change at once; their questions come over a few seconds.
const SPREAD_MS = 3_000;

export class Phone {
  state = $state.raw<PhoneState>(null!);
  mine = $state.raw<OwnQuestion[]>([]);
  status = $state.raw<Status | null>(null);
  /** Hearts told since this page opened; those of a snapshot are in its total alone. */
  heartsTold = $state(0);
  private asking: ReturnType<typeof setTimeout> | undefined;

  constructor(private boot: Boot & PhoneBoot) {
    this.state = boot.state;
    this.mine = boot.mine;
    setInterval(() => this.refreshSoon(), NOW_AND_THEN_MS);
    document.addEventListener('visibilitychange', () => this.refreshSoon(0));
  }

  get isTaking(): boolean {
    return ['open', 'on_air'].includes(this.state.session.state);
  }

  take(state: PhoneState): void {
    this.state = { ...state, hearts_total: this.mostHearts(state.hearts_total) };
    this.refreshSoon();
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
        this.state = { ...this.state, questions: change.questions };
        break;
      case 'live':
        this.state = { ...this.state, live: change.live };
        break;
      case 'hearts':
        this.state = { ...this.state, hearts_total: this.mostHearts(change.total) };
        this.heartsTold += change.hearts;
        break;
      case 'session':
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

  private async refresh(): Promise<void> {
    try {
      const answer = await fetch(this.boot.mine_url, { headers: { Accept: 'application/json' } });
      if (answer.ok) this.mine = ((await answer.json()) as { items: OwnQuestion[] }).items;
    } catch {
      // No connection: the next change, or half a minute, asks again.
    }
  }
}
