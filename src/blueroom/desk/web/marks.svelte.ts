// Where answers begin and end in the recording, and whether the public sees a picture. The studio's
// own stream tells; where the person may not follow it, the desk is as it would be without.
import { follow, type Following } from '../../design/web/live';
import type { Desk } from './desk.svelte';

/** What of the studio's messages (studio/wire.py) matters here. */
export interface AnswerLine {
  id: number;
  question_id: number;
  kind: string;
  in_at: string;
  out_at: string | null;
  clip_state: string;
  clip_path: string;
  photo: { path: string; alt: string; width_px: number; height_px: number } | null;
}
/** What the crew wrote, with its receipt; `feed_id` is null where it is for the guest. */
export interface MessageLine {
  id: number;
  feed_id: number | null;
  text: string;
  sent_by: string;
  sent_at: string;
  delivered_at: string | null;
  seen_at: string | null;
}
interface Seen {
  programme: { state: string };
  feeds: { id: number; kind: string; way: string }[];
  answers: AnswerLine[];
  messages: MessageLine[];
}
type Change =
  | { kind: 'programme'; programme: Seen['programme'] }
  | { kind: 'feeds'; feeds: Seen['feeds'] }
  | { kind: 'answers'; answers: AnswerLine[] }
  | { kind: 'messages'; messages: MessageLine[] }
  | { kind: 'questions' | 'session' | 'figures' };

export class Marks {
  private seen = $state.raw<Seen | null>(null);
  private following: Following | null = null;

  constructor(private desk: Desk) {}

  /** Where the studio is; "" where the person may not go there. */
  get studioUrl(): string {
    return this.seen ? `${this.desk.boot.addresses_url}studio/` : '';
  }

  get isLive(): boolean {
    return this.seen?.programme.state === 'live';
  }

  /** The answer that has begun and not ended. */
  get open(): AnswerLine | null {
    return this.seen?.answers.find(({ kind, out_at }) => kind === 'video' && out_at === null) ?? null;
  }

  /** Whether there is anything to mark in: somebody sends a picture. */
  get isPossible(): boolean {
    return !!this.open || !!this.seen?.feeds.some(({ way }) => way);
  }

  /** The newest answer in a recording to a question. */
  lastOf(questionId: number): AnswerLine | null {
    return this.newest(questionId, 'video');
  }

  /** The picture that answers a question. */
  photoOf(questionId: number): AnswerLine | null {
    return this.newest(questionId, 'photo');
  }

  /** Whether the answers are known here. */
  get isKnown(): boolean {
    return this.seen !== null;
  }

  /** What was written to the guest, on whichever of their screens, newest first. */
  get toGuest(): MessageLine[] {
    const guests = this.seen?.feeds.filter(({ kind }) => kind === 'guest').map(({ id }) => id) ?? [];
    return this.seen?.messages.filter(({ feed_id }) => feed_id === null || guests.includes(feed_id)) ?? [];
  }

  /** Writes to the guest; whether it was taken. */
  async tellGuest(text: string): Promise<boolean> {
    const { api, notices, say } = this.desk;
    const answer = await api.tellGuest<MessageLine>(text);
    if (!answer.ok) notices.show('wrong', answer.message || say('unreachable'));
    return answer.ok;
  }

  private newest(questionId: number, wanted: string): AnswerLine | null {
    const isOf = ({ question_id, kind }: AnswerLine) => question_id === questionId && kind === wanted;
    return this.seen?.answers.find(isOf) ?? null;
  }

  async begin(): Promise<void> {
    const { onAir, notices, say } = this.desk;
    if (!this.isPossible) return;
    if (!onAir) return notices.show('hint', say('mark.no_question'));
    await this.mark(onAir.id, 'in');
  }

  async end(): Promise<void> {
    const { open } = this;
    if (open) await this.mark(open.question_id, 'out');
    else if (this.isPossible) this.desk.notices.show('hint', this.desk.say('mark.none_open'));
  }

  private async mark(questionId: number, which: 'in' | 'out'): Promise<void> {
    const { api, notices, say } = this.desk;
    const answer = await api.mark<AnswerLine>(questionId, which);
    if (!answer.ok) return notices.show('wrong', answer.message || say('unreachable'));
    this.put(answer.value);
    notices.say(say(`mark.${which}.said`));
  }

  /** Takes in what the server answered, before the stream tells it. */
  put(line: AnswerLine): void {
    if (!this.seen) return;
    const others = this.seen.answers.filter(({ id }) => id !== line.id);
    const answers = [line, ...others].sort((one, other) => other.id - one.id);
    this.seen = { ...this.seen, answers };
  }

  /** The same of an answer that is gone. */
  forget(answerId: number): void {
    if (!this.seen) return;
    this.seen = { ...this.seen, answers: this.seen.answers.filter(({ id }) => id !== answerId) };
  }

  start(): void {
    const { slug, addresses_url } = this.desk.boot;
    const source = { topic: `${slug}/studio`, stream: null, ticketUrl: `${addresses_url}studio/ticket` };
    this.following = follow<Seen, Change>(source, {
      snapshot: (seen) => (this.seen = seen),
      changes: (changes) => changes.forEach((change) => this.change(change)),
      status: ({ state }) => {
        if (state === 'forbidden') this.seen = null;
      },
    });
  }

  stop(): void {
    this.following?.close();
  }

  private change(change: Change): void {
    if (!this.seen) return;
    if (change.kind === 'programme') this.seen = { ...this.seen, programme: change.programme };
    else if (change.kind === 'feeds') this.seen = { ...this.seen, feeds: change.feeds };
    else if (change.kind === 'answers') this.seen = { ...this.seen, answers: change.answers };
    else if (change.kind === 'messages') this.seen = { ...this.seen, messages: change.messages };
  }
}
