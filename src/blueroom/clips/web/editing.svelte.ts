// One answer under the hand: its film, where the playhead stands, its marks, its crop.
import type { Footage } from './api';
import { Captioning } from './captioning.svelte';
import type { Clips } from './clips.svelte';
import { beginning, frameAt, frameFrom, inside, type Marks, moved } from './frames';
import { following, type View, zoomed } from './frames';
import { microsOf, momentAt, secondOf, textOf } from './times';
import type { AnswerLine, ClipLine } from './wire';

/** What plays the film; a stand-in is enough for tests. */
export interface Player {
  currentTime: number;
  playbackRate: number;
  paused: boolean;
  play(): Promise<void>;
  pause(): void;
}

const BACK_EVERY_MS = 100;
const FASTEST = 4;

export class Editing {
  footage = $state.raw<Footage | null>(null);
  /** Why there is no film to look at. */
  trouble = $state('');
  at_s = $state(0);
  isPlaying = $state(false);
  rate = $state(1);
  marks = $state.raw<Marks>({ first: 0, end: 1 });
  isSaving = $state(false);
  view = $state.raw<View>({ from_s: 0, span_s: 1 });
  /** The shape whose part of the picture is shown; "" shows it whole. */
  shape = $state('');
  crop = $state.raw({ x: 0.5, y: 0.5 });
  title = $state('');
  /** Somebody else moved the marks while these were being moved. */
  wasAdjusted = $state(false);

  readonly captioning: Captioning;
  player: Player | null = null;

  private kept = $state.raw<Marks>({ first: 0, end: 1 }); // as the server has them
  private asked = 0;
  private stopAt_s = Infinity;
  private back: ReturnType<typeof setInterval> | undefined;

  constructor(readonly clips: Clips) {
    this.captioning = new Captioning(clips);
  }

  get clip(): ClipLine | null {
    return this.clips.answer?.clip ?? null;
  }

  get frames_s(): number[] {
    return this.footage?.frames_s ?? [];
  }

  get length_s(): number {
    return this.footage?.duration_s ?? 0;
  }

  in_s = $derived.by(() => beginning(this.frames_s, this.marks.first, this.length_s));
  out_s = $derived.by(() => beginning(this.frames_s, this.marks.end, this.length_s));
  isMoved = $derived.by(
    () => this.marks.first !== this.kept.first || this.marks.end !== this.kept.end,
  );
  /** The playhead as the clip counts: from its own beginning. */
  clip_s = $derived.by(() => this.at_s - this.clipBegins_s);
  private clipBegins_s = $derived.by(() => {
    const in_at = this.clip?.in_at;
    return this.footage && in_at ? secondOf(this.footage, microsOf(in_at)) : 0;
  });

  // -- opening -------------------------------------------------------------------------------

  /** Shows the answer that is now selected. */
  open(): void {
    this.pause();
    this.footage = null;
    this.trouble = '';
    this.wasAdjusted = false;
    this.shape = '';
    const { clip } = this;
    this.crop = { x: clip?.crop_x ?? 0.5, y: clip?.crop_y ?? 0.5 };
    this.title = clip?.title ?? '';
    this.captioning.open(clip);
    void this.load(true);
  }

  /** Follows what the server says of the answer that is open. */
  follow(before: AnswerLine | null, now: AnswerLine): void {
    if (!before?.clip && now.clip) return this.open();
    if (before?.clip && now.clip) {
      const was = before.clip;
      if (was.crop_x === this.crop.x && was.crop_y === this.crop.y) {
        this.crop = { x: now.clip.crop_x, y: now.clip.crop_y };
      }
      if (was.title === this.title) this.title = now.clip.title;
      this.captioning.follow(was, now.clip);
    }
    if (before && before.revision !== now.revision) {
      if (this.isMoved && !this.isSaving) this.wasAdjusted = true;
      else void this.load(false);
    }
  }

  async load(isNew: boolean): Promise<void> {
    const { clip } = this;
    const asked = ++this.asked;
    if (!clip) return;
    this.trouble = '';
    const answer = await this.clips.api.footage(clip.slug);
    if (asked !== this.asked) return;
    if (!answer.ok) {
      if (answer.kind === 'rights') this.clips.hasRights = false;
      this.trouble = answer.message || this.clips.say('unreachable');
      return;
    }
    const known = this.footage?.video === answer.value.video;
    if (!known) this.footage = answer.value;
    this.takeMarks();
    this.wasAdjusted = false;
    if (isNew || !known) {
      this.view = { from_s: 0, span_s: this.length_s };
      this.seek(this.in_s);
    }
  }

  private takeMarks(): void {
    const { answer } = this.clips;
    const { footage } = this;
    if (!answer?.out_at || !footage) return;
    const at = (moment: string) => secondOf(footage, microsOf(moment));
    const first = frameFrom(footage.frames_s, at(answer.in_at));
    const end = frameFrom(footage.frames_s, at(answer.out_at));
    const count = footage.frames_s.length;
    this.kept = { first: Math.min(first, count - 1), end: Math.max(first + 1, end) };
    this.marks = this.kept;
  }

  // -- playing -------------------------------------------------------------------------------

  seek(at_s: number): void {
    this.at_s = Math.max(0, Math.min(this.length_s, at_s));
    this.view = following(this.view, this.at_s, this.length_s);
    const frame = frameAt(this.frames_s, this.at_s);
    if (this.player) this.player.currentTime = inside(this.frames_s, frame, this.length_s);
  }

  /** Goes so many pictures on, or back. */
  step(by: number): void {
    this.pause();
    const { frames_s } = this;
    const to = Math.max(0, Math.min(frames_s.length - 1, frameAt(frames_s, this.at_s) + by));
    this.seek(beginning(frames_s, to, this.length_s));
  }

  skip(by_s: number): void {
    this.seek(this.at_s + by_s);
  }

  toggle(): void {
    if (this.isPlaying || this.back) this.pause();
    else this.play();
  }

  play(rate = 1, until_s = Infinity): void {
    this.halt();
    this.rate = rate;
    this.stopAt_s = until_s;
    if (!this.player) return;
    this.player.playbackRate = rate;
    void this.player.play().catch(() => (this.isPlaying = false));
  }

  pause(): void {
    this.halt();
    this.rate = 1;
    this.player?.pause();
  }

  /** L: on, and faster each time. */
  forward(): void {
    this.play(this.isPlaying && this.rate > 0 ? Math.min(FASTEST, this.rate * 2) : 1);
  }

  /** J: back, and faster each time. Browsers play no film backwards: it goes in steps. */
  backward(): void {
    const rate = this.back ? Math.max(-FASTEST, this.rate * 2) : -1;
    this.pause();
    this.rate = rate;
    this.back = setInterval(() => {
      this.seek(this.at_s + (rate * BACK_EVERY_MS) / 1000);
      if (this.at_s <= 0) this.pause();
    }, BACK_EVERY_MS);
  }

  /** Plays what lies between the marks. */
  playAnswer(): void {
    this.seek(this.in_s);
    this.play(1, this.out_s);
  }

  /** What the player says of where it is. */
  heard(at_s: number): void {
    if (!this.isPlaying) return;
    this.at_s = at_s;
    this.view = following(this.view, at_s, this.length_s);
    if (at_s >= this.stopAt_s) {
      this.pause();
      this.seek(this.out_s - 0.001);
    }
  }

  private halt(): void {
    clearInterval(this.back);
    this.back = undefined;
    this.stopAt_s = Infinity;
  }

  zoom(by: number): void {
    this.view = zoomed(this.view, by, this.at_s, this.length_s);
  }

  // -- marks ---------------------------------------------------------------------------------

  /** I: the answer begins with the picture that is shown. */
  markIn(): void {
    this.moveMark('first', frameAt(this.frames_s, this.at_s));
    this.clips.speak(this.clips.say('said.in'));
  }

  /** O: the picture that is shown is the answer's last. */
  markOut(): void {
    this.moveMark('end', frameAt(this.frames_s, this.at_s) + 1);
    this.clips.speak(this.clips.say('said.out'));
  }

  moveMark(which: 'first' | 'end', to: number): void {
    if (!this.clips.boot.may_mark || !this.footage) return;
    this.marks = moved(this.marks, which, to, this.frames_s.length);
  }

  /** Moves a mark to a moment of the film and shows what is there. */
  dragMark(which: 'first' | 'end', at_s: number): void {
    const frame = frameAt(this.frames_s, at_s);
    this.moveMark(which, which === 'first' ? frame : frame + 1);
    this.show(which);
  }

  /** Moves a mark by so many pictures and shows what is there. */
  nudge(which: 'first' | 'end', by: number): void {
    this.moveMark(which, this.marks[which] + by);
    this.show(which);
  }

  /** The number of the picture that is shown so many seconds from a mark. */
  frameOff(which: 'first' | 'end', by_s: number): number {
    const at_s = which === 'first' ? this.in_s : this.out_s;
    return frameFrom(this.frames_s, at_s + by_s) - this.marks[which];
  }

  /** Shows the first, or the last picture of the answer. */
  show(which: 'first' | 'end'): void {
    const frame = which === 'first' ? this.marks.first : this.marks.end - 1;
    this.seek(beginning(this.frames_s, frame, this.length_s));
  }

  dropMarks(): void {
    this.marks = this.kept;
    if (this.wasAdjusted) void this.load(false);
  }

  async saveMarks(): Promise<void> {
    const { answer } = this.clips;
    const { footage } = this;
    if (!answer || !footage || !this.isMoved || this.isSaving) return;
    this.isSaving = true;
    const in_at = textOf(momentAt(footage, this.in_s));
    const out_at = textOf(momentAt(footage, this.out_s));
    const done = await this.clips.api.adjust(answer, in_at, out_at);
    this.isSaving = false;
    if (!done.ok && done.kind === 'changed') {
      this.wasAdjusted = true;
      return;
    }
    if (!this.clips.took(done)) return;
    this.kept = this.marks;
    this.wasAdjusted = false;
    this.clips.tell('told', this.clips.say('marks.saved'));
  }

  // -- crop and title ------------------------------------------------------------------------

  async saveCrop(): Promise<void> {
    const { clip } = this;
    if (!clip || (clip.crop_x === this.crop.x && clip.crop_y === this.crop.y)) return;
    const body = { crop_x: this.crop.x, crop_y: this.crop.y };
    this.clips.took(await this.clips.api.change(clip.slug, body));
  }

  async saveTitle(): Promise<void> {
    const { clip } = this;
    if (!clip || clip.title === this.title.trim()) return;
    const done = await this.clips.api.change(clip.slug, { title: this.title.trim() });
    if (this.clips.took(done)) this.title = done.value.title;
  }
}
