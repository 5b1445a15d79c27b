// What the prompter knows and does; no markup, no stream.
import type { Boot } from '../../design/web/boot';
import type { Status } from '../../design/web/live';
import { words, type Say } from '../../design/web/words';
import { handInAt, Receipts } from '../../studio/web/receipts';
import { type Device, findDevice, keepDevice, LARGEST, SMALLEST } from './device';
import type { MessageCard, Prompt, PrompterChange, PrompterState } from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

export interface PrompterBoot extends Boot {
  /** The page's own address; what the guest does is sent to addresses under it. */
  url: string;
  zone: string;
  at: string;
  state: PrompterState;
}

export type Act = 'later' | 'take';
export type Scene = 'question' | 'between' | 'before' | 'after' | 'detached';

/** What was done and can still be taken back. */
export interface Done {
  act: Act;
  questionId: number;
  revision: number;
}

const UNDO_MS = 5_000;
const TROUBLE_MS = 6_000;
const ANSWER_MS = 8_000;
// A finger that comes down just as things change was meant for what stood there before; so was the
// second tap of two.
const SETTLED_MS = 700;

export class Prompter {
  state = $state.raw<PrompterState>()!;
  status = $state.raw<Status | null>(null);
  device = $state.raw<Device>(findDevice());
  done = $state.raw<Done | null>(null);
  /** Why the last tap did nothing. */
  trouble = $state('');
  /** Since when the browser itself says that there is no network. */
  private offlineSince = $state.raw<Date | null>(null);
  private isSending = false;
  private changedAt_ms = -Infinity;
  private ends: ReturnType<typeof setTimeout> | undefined;
  private readonly receipts: Receipts;

  constructor(readonly boot: PrompterBoot) {
    this.state = boot.state;
    this.receipts = new Receipts((id, receipt) => handInAt(`${boot.url}messages/${id}/${receipt}`));
  }

  get language(): 'fr' | 'en' {
    return this.device.language ?? this.boot.language;
  }

  readonly say: Say = $derived(words(this.language, { fr, en }));

  get scene(): Scene {
    const { on_air, session } = this.state;
    if (this.status?.state === 'forbidden') return 'detached';
    if (on_air) return 'question';
    if (session.state === 'closed') return 'after';
    return session.state === 'on_air' ? 'between' : 'before';
  }

  /** Since when nothing is heard of the room; null while the line is good. */
  get lostSince(): Date | null {
    if (this.status?.state === 'stale') return this.status.since;
    return this.offlineSince;
  }

  get unseen(): MessageCard[] {
    return this.state.messages.filter(({ is_seen }) => !is_seen);
  }

  // -- the device -----------------------------------------------------------------------------

  setUp(change: Partial<Device>): void {
    this.device = { ...this.device, ...change };
    keepDevice(this.device);
  }

  resize(by: number): void {
    this.setUp({ size: Math.max(SMALLEST, Math.min(LARGEST, this.device.size + by)) });
  }

  // -- what the guest does --------------------------------------------------------------------

  later = (prompt: Prompt) => this.act('later', prompt);
  take = (prompt: Prompt) => this.act('take', prompt);

  private async act(act: Act, { card, revision }: Prompt): Promise<void> {
    if (!this.mayAct()) return;
    const answer = await this.send(card.id, act, revision);
    if (answer) this.offer({ act, ...answer });
  }

  async undo(): Promise<void> {
    const { done } = this;
    if (!done || !this.mayAct()) return;
    this.offer(null);
    await this.send(done.questionId, 'undo', done.revision);
  }

  private mayAct(): boolean {
    if (this.isSending || performance.now() - this.changedAt_ms < SETTLED_MS) return false;
    if (!this.lostSince) return true;
    this.complain(this.say('act.no_line'));
    return false;
  }

  private async send(id: number, act: Act | 'undo', revision: number): Promise<Omit<Done, 'act'> | null> {
    this.isSending = true;
    this.trouble = '';
    try {
      const response = await fetch(`${this.boot.url}questions/${id}/${act}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Accept-Language': this.language },
        body: JSON.stringify({ revision }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const said = (await response.json()) as { question_id: number; revision: number; message?: string };
      if (response.ok) return { questionId: said.question_id, revision: said.revision };
      this.complain(said.message || this.say('act.failed'));
    } catch {
      this.complain(this.say('act.failed'));
    } finally {
      this.isSending = false;
      this.changedAt_ms = performance.now();
    }
    return null;
  }

  private offer(done: Done | null): void {
    this.done = done;
    this.forgetIn(UNDO_MS);
  }

  private complain(trouble: string): void {
    this.trouble = trouble;
    this.done = null;
    this.forgetIn(TROUBLE_MS);
  }

  private forgetIn(ms: number): void {
    clearTimeout(this.ends);
    this.ends = setTimeout(() => {
      this.done = null;
      this.trouble = '';
    }, ms);
  }

  // -- what the crew writes -------------------------------------------------------------------

  /** These stand on the screen; whether it is before anybody's eyes is for the browser to say. */
  shows(messages: MessageCard[]): void {
    if (document.hidden) return;
    for (const { id } of messages) this.receipts.give(id, 'delivered');
  }

  seen(id: number): void {
    const messages = this.state.messages.map((one) => (one.id === id ? { ...one, is_seen: true } : one));
    this.state = { ...this.state, messages };
    this.receipts.give(id, 'seen');
  }

  // -- the stream -----------------------------------------------------------------------------

  /** The whole truth, as it comes when the line is there. */
  hear(state: PrompterState): void {
    this.offlineSince = null;
    this.receipts.wake();
    this.replace(this.withSeen(state));
  }

  /** The browser says that there is no network: it knows at once what the stream finds out late. */
  lose(): void {
    this.offlineSince ??= new Date();
  }

  /** Takes each change in the order it was told; each is the whole new value of its part. */
  apply(changes: PrompterChange[]): void {
    let next = this.state;
    for (const change of changes) {
      if (change.kind === 'on_air') next = { ...next, on_air: change.prompt };
      else if (change.kind === 'next') next = { ...next, next: change.prompts };
      else if (change.kind === 'messages') next = { ...next, messages: change.messages };
      else if (change.kind === 'session') next = { ...next, session: change.session };
    }
    this.replace(this.withSeen(next));
  }

  private replace(state: PrompterState): void {
    if (placesOf(state) !== placesOf(this.state)) this.changedAt_ms = performance.now();
    this.state = state;
  }

  /** What was tapped here stays seen, though the server may not know it yet. */
  private withSeen(state: PrompterState): PrompterState {
    const seen = new Set(this.state.messages.filter(({ is_seen }) => is_seen).map(({ id }) => id));
    const messages = state.messages.map((one) => (seen.has(one.id) ? { ...one, is_seen: true } : one));
    return { ...state, messages };
  }
}

/** What stands under which button. */
const placesOf = ({ on_air, next }: PrompterState): string =>
  [on_air, ...next].map((prompt) => prompt?.card.id ?? '').join(' ');
