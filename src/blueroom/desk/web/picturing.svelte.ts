// A picture given as the answer to one question: chosen, described, sent; or described anew, removed.
import type { Answer } from './api';
import type { Desk } from './desk.svelte';
import type { AnswerLine } from './marks.svelte';
import { base64, prepared } from './picture';

export class Picturing {
  /** Chosen and not sent yet; `url` is good in this browser. */
  chosen = $state.raw<{ picture: Blob; url: string } | null>(null);
  /** What the picture shows, while it is written. */
  alt = $state('');
  busy = $state<'' | 'reading' | 'sending' | 'describing' | 'removing'>('');
  /** Of what is being sent, 0 to 1. */
  share = $state(0);
  failure = $state('');

  constructor(
    private desk: Desk,
    private id: number,
  ) {}

  /** Takes a file that somebody picked, dropped or pasted; `alt` is what is proposed. */
  async choose(file: Blob, alt: string): Promise<void> {
    if (this.busy) return;
    this.busy = 'reading';
    this.failure = '';
    try {
      const picture = await prepared(file);
      this.letGo();
      this.chosen = { picture, url: URL.createObjectURL(picture) };
      this.alt = alt;
    } catch {
      this.failure = this.desk.say('picture.unreadable');
    }
    this.busy = '';
  }

  async send(): Promise<void> {
    const alt = this.alt.trim();
    if (!this.chosen || !alt || this.busy) return;
    this.busy = 'sending';
    this.failure = '';
    this.share = 0;
    const photo = { data: await base64(this.chosen.picture), alt };
    const answer = await this.desk.api.addPhoto<AnswerLine>(this.id, photo, (share) => (this.share = share));
    this.busy = '';
    if (!this.isDone(answer)) return;
    this.desk.marks.put(answer.value);
    this.letGo();
    this.desk.notices.say(this.desk.say('picture.added'));
  }

  /** Says anew what the picture shows. */
  async describe(line: AnswerLine, alt: string): Promise<void> {
    const said = alt.trim();
    if (!said || said === line.photo?.alt || this.busy) return;
    this.busy = 'describing';
    this.failure = '';
    const answer = await this.desk.api.describePhoto<AnswerLine>(line.id, said);
    this.busy = '';
    if (!this.isDone(answer)) return;
    this.desk.marks.put(answer.value);
    this.desk.notices.say(this.desk.say('picture.described'));
  }

  async remove(line: AnswerLine): Promise<void> {
    if (this.busy) return;
    this.busy = 'removing';
    this.failure = '';
    const answer = await this.desk.api.removeAnswer(line.id);
    this.busy = '';
    if (!this.isDone(answer)) return;
    this.desk.marks.forget(line.id);
    this.desk.notices.say(this.desk.say('picture.removed'));
  }

  /** Forgets what was chosen. */
  letGo(): void {
    if (this.chosen) URL.revokeObjectURL(this.chosen.url);
    this.chosen = null;
    this.failure = '';
  }

  private isDone<T>(answer: Answer<T>): answer is Extract<Answer<T>, { ok: true }> {
    if (!answer.ok) this.failure = answer.message || this.desk.say('unreachable');
    return answer.ok;
  }
}
