// What a questions wall knows and which scene it shows; no markup, no network.
import type { Status } from '../../design/web/live';
import { withoutHeaps } from '../../design/web/marks';
import type { WallChange, WallState } from './wire';

export type Scene = 'question' | 'between' | 'before' | 'after' | 'detached';

export class Wall {
  state = $state.raw<WallState>()!;
  status = $state.raw<Status | null>(null);

  constructor(first: WallState) {
    this.state = first;
  }

  /** Takes each change in the order it was told; each is the whole new value of its part. */
  apply(changes: WallChange[]): void {
    let next = this.state;
    for (const change of changes) {
      if (change.kind === 'on_air') next = { ...next, on_air: change.card };
      else if (change.kind === 'next') next = { ...next, next: change.cards };
      else if (change.kind === 'counts') next = { ...next, counts: change.counts };
      else if (change.kind === 'session') next = { ...next, session: change.session };
    }
    this.state = next;
  }

  get scene(): Scene {
    const { on_air, session } = this.state;
    if (this.status?.state === 'forbidden') return 'detached';
    if (on_air) return 'question';
    if (session.state === 'closed') return 'after';
    return session.state === 'on_air' ? 'between' : 'before';
  }

  /** Changes exactly when a new picture must rise. */
  get sceneKey(): string {
    return this.scene === 'question' ? `question ${this.state.on_air?.id}` : this.scene;
  }
}

/** What fills the aside where fewer than three questions are lined up: it is never half empty. */
export type Filler = 'questions' | 'posts' | 'answered' | 'how' | 'ask' | 'back' | 'title';
const FILLERS: Record<Scene, Filler[]> = {
  question: ['ask', 'posts', 'answered', 'back', 'title'],
  between: ['how', 'questions', 'posts', 'back', 'title'],
  before: ['how', 'questions', 'posts', 'back', 'title'],
  after: ['questions', 'answered', 'posts', 'title', 'ask', 'back'],
  detached: [],
};
const PLACES = 3;

/** Fillers for the places that the cards leave over; a figure of nought has nothing to tell. */
export function fillersFor(scene: Scene, { next, counts }: Pick<WallState, 'next' | 'counts'>): Filler[] {
  const { questions, posts, answered } = counts;
  const figures: Partial<Record<Filler, number>> = { questions, posts, answered };
  const telling = FILLERS[scene].filter((filler) => figures[filler] !== 0);
  return telling.slice(0, Math.max(0, PLACES - next.length));
}

/** The text with French spacing that does not break: no "?" alone on a line. */
export function typeset(text: string): string {
  return withoutHeaps(text).replace(/ (?=[?!:;»])/g, '\u00a0').replace(/« /g, '«\u00a0');
}

const SHIFTS: [number, number][] = [
  [0, 0],
  [2, 1],
  [3, 3],
  [1, 2],
  [-1, 3],
  [-3, 1],
  [-2, -2],
  [0, -3],
  [2, -1],
];
const SHIFT_EVERY_MINUTES = 4;

/** By how many px (at 1920x1080) the whole wall stands aside at that time, against burn-in. */
export function shiftAt(now: Date): [number, number] {
  const turn = Math.floor(now.getTime() / 60_000 / SHIFT_EVERY_MINUTES);
  return SHIFTS[turn % SHIFTS.length] ?? [0, 0];
}

/** The languages that the wall speaks to its session's public, the page's own first. */
export function spokenIn(own: string, languages: string[]): ('fr' | 'en')[] {
  const first = own === 'fr' ? 'fr' : 'en';
  const other = first === 'fr' ? 'en' : 'fr';
  return languages.includes(other) ? [first, other] : [first];
}
