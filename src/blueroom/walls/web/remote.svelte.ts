// What the remote knows and does: scenes of walls, their focus, which screens are open. No markup.
import { type Boot, sourceOf } from '../../design/web/boot';
import { follow, type Status } from '../../design/web/live';
import { Panic, type PanicBoot } from '../../design/web/panic.svelte';
import { Slate, type SlateState } from '../../design/web/slate.svelte';
import { clock } from '../../design/web/time.svelte';
import { words, type Say } from '../../design/web/words';
import { Relays } from './relays.svelte';
import { Wall } from './wall.svelte';
import type { SceneLine, WallChange, WallState } from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

export interface RemoteBoot extends Boot {
  screen: 'remote';
  zone: string;
  state: WallState;
  slate: SlateState;
  panic: PanicBoot;
  desk_url: string;
  addresses_url: string;
  /** Below which address the pages of videos from elsewhere lie. */
  relays_url: string;
  /** The session's addresses in use. */
  walls: { id: number; screen: string; label: string }[];
}

/** An open screen, as /api/v1 tells of it. */
export interface OpenScreen {
  id: number;
  wall: number;
  label: string;
  kind: string;
  state: 'fine' | 'stale' | 'frozen';
  scene: string;
  title: string;
  is_dark: boolean;
  is_covered: boolean;
  age_s: number;
  shown_s: number;
  is_old: boolean;
  width_px: number;
  height_px: number;
}

export const SCENES = [
  'auto',
  'question',
  'next',
  'answered',
  'call',
  'countdown',
  'video',
  'thanks',
  'slate',
] as const;
export const LAYOUTS = ['one', 'three', 'voices'] as const;
export const ADVANCES_S = [0, 8, 15, 30, 60] as const;
export const LASTS_S = [10, 20, 30, 60, 120, 300, 600] as const;
export type SceneName = (typeof SCENES)[number];
export type LayoutName = (typeof LAYOUTS)[number];

const LOOK_EVERY_MS = 4_000;
const ANSWER_MS = 8_000;
const SEND_MS = 20_000; // the server may have to ask another one
const TOLD_MS = 8_000;

export class Remote {
  readonly t: Say;
  readonly wall: Wall;
  readonly slate: Slate;
  readonly panic: Panic;
  readonly relays: Relays;
  status = $state.raw<Status | null>(null);
  screens = $state.raw<OpenScreen[]>([]);
  /** The walls that are driven: one, or null for all. */
  chosen = $state<number | null>(null);
  /** What went wrong, or is done, for a few seconds. */
  told = $state<{ text: string; isWrong: boolean } | null>(null);
  private forgetting: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly boot: RemoteBoot) {
    this.t = words(boot.language, { fr, en });
    this.wall = new Wall(boot.state);
    this.slate = new Slate(boot.slate);
    this.relays = new Relays(this);
    this.panic = new Panic(boot.panic, this.slate, () => this.say(this.t('remote.panic_failed'), true));
  }

  get walls() {
    return this.boot.walls.filter(({ screen }) => screen === 'wall_questions');
  }

  nameOf(id: number): string {
    const { t } = this;
    const found = this.boot.walls.find((wall) => wall.id === id);
    const alike = this.boot.walls.filter((wall) => wall.screen === found?.screen);
    const name = t(found?.screen === 'wall_videos' ? 'remote.videos_wall' : 'remote.questions_wall');
    if (found?.label) return found.label;
    return alike.length > 1 ? `${name} ${alike.findIndex((wall) => wall.id === id) + 1}` : name;
  }

  /** What is chosen for the driven walls, where they all have the same. */
  get scene(): Omit<SceneLine, 'link_id' | 'focus_id' | 'since'> | null {
    const driven = this.walls.filter(({ id }) => this.chosen === null || this.chosen === id);
    const lines = driven.map(({ id }) => {
      const line = this.wall.state.scenes.find(({ link_id }) => link_id === id);
      return {
        scene: line?.scene ?? 'auto',
        layout: line?.layout ?? 'one',
        advance_s: line?.advance_s ?? 0,
        until: line?.until ?? null,
        then: line?.then ?? '',
      };
    });
    const [first] = lines;
    return first && lines.every((line) => JSON.stringify(line) === JSON.stringify(first)) ? first : null;
  }

  get frozen(): OpenScreen[] {
    return this.screens.filter(({ state }) => state === 'frozen');
  }

  start(): void {
    follow<WallState, WallChange>(sourceOf(this.boot), {
      snapshot: (state, at) => {
        clock.hear(at);
        this.wall.state = state;
      },
      changes: (changes) => this.wall.apply(changes),
      status: (status) => (this.status = status),
    });
    this.slate.follow(this.boot.slug);
    this.panic.start();
    const look = () => Promise.all([this.look(), this.relays.look()]);
    void look();
    setInterval(() => void look(), LOOK_EVERY_MS);
  }

  show(choice: { scene?: SceneName; layout?: LayoutName; advance_s?: number }): Promise<boolean> {
    return this.post('scene', { ...choice, walls: this.driven });
  }

  /** Lets what is shown now give way by itself after so many seconds; 0: it stays. */
  lasts(lasts_s: number, then: SceneName): Promise<boolean> {
    return this.post('scene', { lasts_s, then, walls: this.driven });
  }

  moveFocus(steps: number): Promise<boolean> {
    return this.post('focus', { steps, walls: this.driven });
  }

  /** Puts the head of the running order on air. */
  async airNext(): Promise<void> {
    const [next] = this.wall.state.next;
    if (!next) return this.say(this.t('remote.nothing_next'), true);
    await this.send('POST', `/questions/${next.id}/air`);
  }

  async takeDown(): Promise<void> {
    await this.post('off-air', undefined);
  }

  async pair(letters: string, wall: number, look: 'wall' | 'overlay'): Promise<boolean> {
    const isPaired = await this.post('pair', { letters, wall, look });
    if (isPaired) this.say(this.t('remote.paired'), false);
    return isPaired;
  }

  async forget(id: number): Promise<void> {
    this.screens = this.screens.filter((screen) => screen.id !== id);
    await this.send('DELETE', `/sessions/${this.boot.slug}/screens/${id}`);
  }

  say(text: string, isWrong: boolean): void {
    this.told = { text, isWrong };
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => (this.told = null), TOLD_MS);
  }

  private get driven(): number[] | null {
    return this.chosen === null ? null : [this.chosen];
  }

  private async look(): Promise<void> {
    this.screens = (await this.read<OpenScreen[]>('screens')) ?? this.screens;
  }

  /** What the API says of the session; null where it does not answer: the stream says that the line
   * is lost. */
  async read<Told>(what: string): Promise<Told | null> {
    try {
      const answer = await fetch(`${this.boot.api}/sessions/${this.boot.slug}/${what}`, {
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      return answer.ok ? ((await answer.json()) as Told) : null;
    } catch {
      return null;
    }
  }

  private post(what: string, body: unknown): Promise<boolean> {
    return this.send('POST', `/sessions/${this.boot.slug}/${what}`, body);
  }

  async send(method: string, path: string, body?: unknown): Promise<boolean> {
    try {
      const answer = await fetch(`${this.boot.api}${path}`, {
        method,
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': this.boot.csrf },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(SEND_MS),
      });
      if (answer.ok) return true;
      const { message } = (await answer.json()) as { message?: string };
      this.say(message || this.t('remote.unreachable'), true);
    } catch {
      this.say(this.t('remote.unreachable'), true);
    }
    return false;
  }
}
