// What a questions wall knows and which scene it shows; no markup, no network.
import type { Status } from '../../design/web/live';
import { withoutHeaps } from '../../design/web/marks';
import type { Card, SceneLine, WallChange, WallState } from './wire';

export type Scene =
  | 'question'
  | 'three'
  | 'voices'
  | 'next'
  | 'answered'
  | 'countdown'
  | 'video'
  | 'between'
  | 'before'
  | 'after'
  | 'slate'
  | 'detached';

/** Scenes that take the whole wall, without what stands beside the question. */
const WIDE: Scene[] = ['three', 'voices', 'next', 'answered', 'countdown', 'video'];
const THREE = 3;

export class Wall {
  state = $state.raw<WallState>()!;
  status = $state.raw<Status | null>(null);

  /** `linkId` is what the crew chooses scenes by; 0: nobody chooses for it. */
  constructor(
    first: WallState,
    private linkId = 0,
  ) {
    this.state = first;
  }

  /** Takes each change in the order it was told; each is the whole new value of its part. */
  apply(changes: WallChange[]): void {
    let next = this.state;
    for (const change of changes) {
      if (change.kind === 'on_air') next = { ...next, on_air: change.card };
      else if (change.kind === 'next') next = { ...next, next: change.cards };
      else if (change.kind === 'counts') next = { ...next, counts: change.counts };
      else if (change.kind === 'scenes') next = { ...next, scenes: change.scenes };
      else if (change.kind === 'voices') next = { ...next, voices: change.cards };
      else if (change.kind === 'answered') next = { ...next, answered: change.answered };
      else if (change.kind === 'live') next = { ...next, live: change.live };
      else if (change.kind === 'session') next = { ...next, session: change.session };
    }
    this.state = next;
  }

  /** What the crew chose for this wall, where it chose anything. */
  get chosen(): SceneLine | undefined {
    return this.state.scenes.find(({ link_id }) => link_id === this.linkId);
  }

  /** What is chosen, where there is something of it to show; else what the session asks for. */
  get scene(): Scene {
    const { on_air, session, next, answered, live } = this.state;
    if (this.status?.state === 'forbidden') return 'detached';
    const { scene = 'auto', layout = 'one' } = this.chosen ?? {};
    const called = session.state === 'on_air' ? 'between' : 'before';
    if (scene === 'slate' || scene === 'countdown') return scene;
    if (scene === 'call') return called;
    if (scene === 'thanks') return 'after';
    if (scene === 'next' && next.length) return 'next';
    if (scene === 'answered' && answered.length) return 'answered';
    if (scene === 'video' && live?.state === 'live') return 'video';
    const isOver = session.state === 'closed' && scene === 'auto';
    if (layout !== 'one' && this.voices.length && !isOver) return layout === 'three' ? 'three' : 'voices';
    if (on_air) return 'question';
    return session.state === 'closed' ? 'after' : called;
  }

  get isWide(): boolean {
    return WIDE.includes(this.scene);
  }

  /** The questions that several stand among, in their order. */
  get voices(): Card[] {
    const { on_air, next, voices } = this.state;
    if (this.chosen?.layout !== 'three') return voices;
    return (on_air ? [on_air, ...next] : next).slice(0, THREE);
  }

  /** The cards of the scene, and the one of them that stands out at that time. */
  focusAt(now: Date): number | null {
    const { next, answered } = this.state;
    const cards =
      this.scene === 'answered' ? answered.map(({ card }) => card) : this.scene === 'next' ? next : this.voices;
    return this.chosen ? focused(cards.map(({ id }) => id), this.chosen, now) : null;
  }

  /** Changes exactly when a new picture must rise. */
  get sceneKey(): string {
    return this.scene === 'question' ? `question ${this.state.on_air?.id}` : this.scene;
  }
}

/** What fills the aside where fewer than three questions are lined up: it is never half empty. */
export type Filler = 'questions' | 'posts' | 'answered' | 'how' | 'ask' | 'back' | 'title';
const FILLERS: Partial<Record<Scene, Filler[]>> = {
  question: ['ask', 'posts', 'answered', 'back', 'title'],
  between: ['how', 'questions', 'posts', 'back', 'title'],
  before: ['how', 'questions', 'posts', 'back', 'title'],
  after: ['questions', 'answered', 'posts', 'title', 'ask', 'back'],
};
const PLACES = 3;

/** Fillers for the places that the cards leave over; a figure of nought has nothing to tell. */
export function fillersFor(scene: Scene, { next, counts }: Pick<WallState, 'next' | 'counts'>): Filler[] {
  const { questions, posts, answered } = counts;
  const figures: Partial<Record<Filler, number>> = { questions, posts, answered };
  const telling = (FILLERS[scene] ?? []).filter((filler) => figures[filler] !== 0);
  return telling.slice(0, Math.max(0, PLACES - next.length));
}

/** Which of the questions stands out at that time; the server's walls/rules.py says the same. */
export function focused(
  ids: number[],
  { focus_id, advance_s, since }: Pick<SceneLine, 'focus_id' | 'advance_s' | 'since'>,
  now: Date,
): number | null {
  const at = focus_id === null ? -1 : ids.indexOf(focus_id);
  if (!ids.length || (at < 0 && !advance_s)) return null;
  const gone_s = Math.max(0, (now.getTime() - Date.parse(since)) / 1000);
  const steps = advance_s ? Math.floor(gone_s / advance_s) : 0;
  return ids[(Math.max(0, at) + steps) % ids.length] ?? null;
}

const CELLS = 16;
const LONG = 110; // letters that fill one cell of sixteen

/** As many voices as sixteen cells hold, with the cells each takes: four where it stands out. */
export function placed(cards: Card[], focus: number | null): { card: Card; cells: number }[] {
  const all = cards.map((card) => ({
    card,
    cells: card.id === focus ? 4 : card.text.length > LONG ? 2 : 1,
  }));
  let left = CELLS - (all.find(({ card }) => card.id === focus)?.cells ?? 0);
  return all.filter(({ card, cells }) => {
    if (card.id === focus) return true;
    left -= cells;
    return left >= 0;
  });
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
