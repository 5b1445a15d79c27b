// The panel of one question: the answer in words, then the reply that goes out. What is typed is
// kept in the browser until the server has it.
import type { Answer, Plan, Preview, ReplyMedia } from './api';
import type { Desk } from './desk.svelte';

type Draft = 'answer' | 'reply' | 'alt';

const TYPING_MS = 350;
const MAKING_MS = 3000;
const WAITS_FOR_CLIP = 'clip_being_made';

export class Answering {
  id = $state<number | null>(null);
  /** The answer in words. */
  text = $state('');
  /** The reply's text while it is edited, else null. */
  edited = $state<string | null>(null);
  /** How clip or picture are to come along, once somebody chose. */
  private chosen = $state<ReplyMedia | null>(null);
  /** The description of video or picture while it is edited, else null. */
  alt = $state<string | null>(null);
  /** Whether a link may take the place of video or picture. */
  orLink = $state(false);
  preview = $state.raw<Preview | null>(null);
  busy = $state<'' | 'answer' | 'preview' | 'publish' | 'take-back'>('');
  /** Why the answer was not taken. */
  failure = $state('');
  /** Why the reply cannot be shown or was not sent. */
  trouble = $state('');

  row = $derived.by(() => {
    void this.desk.rows.version;
    return this.id === null ? undefined : this.desk.rows.get(this.id);
  });
  isAnswered = $derived(this.row?.state === 'answered');
  /** due, sending, sent, failed, taken_back, or "" where nothing was asked to be sent. */
  replyState = $derived(this.row?.reply?.state ?? this.preview?.state ?? '');
  isLocked = $derived(['due', 'sending', 'sent'].includes(this.replyState));
  /** Asked for, and waiting for its video: it may still go out in another way. */
  isWaiting = $derived(
    this.replyState === 'due' &&
      (this.row?.reply?.code ?? this.preview?.code ?? '') === WAITS_FOR_CLIP,
  );
  media = $derived<ReplyMedia>(this.chosen ?? this.preview?.media ?? 'none');

  private typing: ReturnType<typeof setTimeout> | undefined;
  private making: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  constructor(private desk: Desk) {}

  open(id: number): void {
    const row = this.desk.rows.get(id);
    if (!row) return;
    this.id = id;
    this.desk.beside.clear();
    this.desk.crew.read(id);
    this.text = this.draft('answer') ?? row.answer;
    this.edited = this.draft('reply');
    this.alt = this.draft('alt');
    this.chosen = null;
    this.orLink = false;
    this.preview = null;
    this.failure = '';
    this.trouble = '';
    this.busy = '';
    if (row.state === 'answered') void this.look();
  }

  /** Nothing is lost: what was typed is there when the panel is opened again. */
  close(): void {
    clearTimeout(this.typing);
    clearTimeout(this.making);
    this.asked += 1;
    this.id = null;
  }

  write(text: string): void {
    this.text = text;
    this.keep('answer', text);
  }

  /** Marks the question answered with the text. */
  async answer(): Promise<void> {
    const { row } = this;
    if (!row || !this.text.trim()) return;
    const { id } = row;
    this.busy = 'answer';
    this.failure = '';
    const answer = await this.desk.decisions.take(row, 'answer', this.text.trim());
    if (answer.ok) this.keep('answer', null, id);
    if (id !== this.id) return;
    this.busy = '';
    this.failure = this.failed(answer);
    if (!answer.ok) return;
    this.edited = null;
    this.keep('reply', null, id);
    await this.look();
  }

  /** Asks how the reply will look: as it stands once it was asked for, else as it is wanted. */
  async look(): Promise<void> {
    const { id } = this;
    if (id === null) return;
    clearTimeout(this.making);
    const asked = ++this.asked;
    this.busy = 'preview';
    const answer = await this.desk.api.preview(id, this.isLocked ? {} : this.plan());
    if (asked !== this.asked || id !== this.id) return;
    this.busy = '';
    this.trouble = this.failed(answer);
    if (!answer.ok) return;
    this.preview = answer.value;
    if (answer.value.clip?.state === 'making' && answer.value.media === 'video') {
      this.making = setTimeout(() => void this.look(), MAKING_MS);
    }
  }

  edit(text: string): void {
    this.edited = text;
    this.keep('reply', text);
    this.lookSoon();
  }

  /** How clip or picture come along. What describes one does not describe the other. */
  choose(media: ReplyMedia): void {
    this.chosen = media;
    this.alt = null;
    this.keep('alt', null);
    void this.look();
  }

  /** What video or picture show, for those who do not see them. */
  describe(alt: string): void {
    this.alt = alt;
    this.keep('alt', alt);
    this.lookSoon();
  }

  private lookSoon(): void {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => void this.look(), TYPING_MS);
  }

  private plan(): Plan {
    const plan: Plan = { text: this.edited ?? undefined, alt: this.alt?.trim() || undefined };
    if (this.chosen) plan.media = this.chosen;
    return plan;
  }

  /** Goes back to the text that the server proposes. */
  dropEdit(): void {
    this.edited = null;
    this.keep('reply', null);
    void this.look();
  }

  /** Sends the reply, or sends it again where that failed; with clip or picture as shown. */
  async publish(media = this.media): Promise<void> {
    const { id } = this;
    if (id === null || this.busy === 'publish') return;
    clearTimeout(this.typing);
    clearTimeout(this.making);
    this.asked += 1;
    this.busy = 'publish';
    this.trouble = '';
    const isFile = media === 'video' || media === 'photo';
    const plan: Plan =
      this.preview?.clip || this.preview?.photo
        ? { ...this.plan(), media, or_link: isFile && this.orLink }
        : this.plan();
    const answer = await this.desk.api.publish(id, plan);
    if (answer.ok) {
      this.keep('reply', null, id);
      this.keep('alt', null, id);
    }
    if (id !== this.id) return;
    this.busy = '';
    this.trouble = this.failed(answer);
    if (!answer.ok) return;
    this.edited = this.alt = this.chosen = null;
    await this.look();
    this.desk.notices.say(this.desk.say(`reply.state.${answer.value.state}`));
  }

  /** Deletes the published reply on its network; another one can then go out. */
  async takeBack(): Promise<void> {
    const { id } = this;
    if (id === null || this.busy) return;
    this.busy = 'take-back';
    this.trouble = '';
    const answer = await this.desk.api.takeBack(id);
    if (id !== this.id) return;
    this.busy = '';
    this.trouble = this.failed(answer);
    if (!answer.ok) return;
    await this.look();
    this.desk.notices.say(this.desk.say('reply.state.taken_back'));
  }

  /** What to say of a refusal; nothing where there was none. */
  private failed(answer: Answer<unknown>): string {
    if (answer.ok) return '';
    if (answer.kind === 'rights') this.desk.hasRights = false;
    const now = answer.kind === 'stale' ? (answer.question ?? this.row) : undefined;
    const what = now ? this.desk.sentenceOn(now) : '';
    return what
      ? this.desk.say('answer.conflict', { what })
      : answer.message || this.desk.say('unreachable.kept');
  }

  private place = (draft: Draft, id = this.id) => `desk/${this.desk.boot.slug}/${id}/${draft}`;

  private draft(draft: Draft): string | null {
    try {
      return sessionStorage.getItem(this.place(draft));
    } catch {
      return null; // storage is switched off: the text lives in the panel alone
    }
  }

  private keep(draft: Draft, text: string | null, id = this.id): void {
    try {
      if (text) sessionStorage.setItem(this.place(draft, id), text);
      else sessionStorage.removeItem(this.place(draft, id));
    } catch {
      // as above
    }
  }
}
