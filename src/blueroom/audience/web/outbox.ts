// Questions on their way: kept on this phone until the server has said yes or no, sent again by
// themselves, and asked once however often they are sent (each carries a key of its own).
import { sendQuestion, type Outcome } from './asking';
import type { Typed } from './phone.svelte';
import type { OwnQuestion } from './wire';

export interface Outgoing extends Typed {
  key: string;
}

const FIRST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 60_000;
const MOST_KEPT = 10;

const keyOf = (slug: string) => `outgoing-${slug}`;

/** What was not sent when this phone was here last. Some browsers forbid to keep anything. */
function find(slug: string): Outgoing[] {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(slug)) ?? '[]') as Outgoing[];
    return Array.isArray(kept) ? kept.filter((one) => one?.key && one.text) : [];
  } catch {
    return [];
  }
}

function keep(slug: string, outgoing: Outgoing[]): void {
  try {
    if (outgoing.length) localStorage.setItem(keyOf(slug), JSON.stringify(outgoing));
    else localStorage.removeItem(keyOf(slug));
  } catch {
    // Then they live as long as the page.
  }
}

export interface Told {
  /** What is still here, oldest first. */
  waiting(outgoing: Outgoing[]): void;
  taken(item: OwnQuestion): void;
  refused(question: Outgoing, message: string): void;
}

type Send = (question: Outgoing) => Promise<Outcome>;

export class Outbox {
  private waiting: Outgoing[];
  private sending: Promise<void> | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private wait_ms = FIRST_WAIT_MS;

  constructor(
    private slug: string,
    private send: Send,
    private told: Told,
  ) {
    this.waiting = find(slug);
    this.tell();
    if (this.waiting.length) void this.flush();
  }

  /** Takes a question; resolves when it was sent once, with what came of it. */
  async add(typed: Typed): Promise<'taken' | 'refused' | 'kept'> {
    const question = { ...typed, key: newKey() };
    this.waiting = [...this.waiting, question].slice(-MOST_KEPT);
    this.tell();
    const outcome = await this.sendOne(question);
    if (outcome.kind === 'taken' || outcome.kind === 'refused') return outcome.kind;
    if (outcome.kind === 'later') {
      this.drop(question.key);
      this.told.refused(question, outcome.message);
      return 'refused';
    }
    this.later(this.wait_ms);
    return 'kept';
  }

  /** Takes a question back before it was sent; undefined where it is gone already. */
  takeBack(key: string): Outgoing | undefined {
    const found = this.waiting.find((one) => one.key === key);
    this.drop(key);
    return found;
  }

  /** The line is back, or somebody looks: send what is here now. */
  flush(): Promise<void> {
    this.sending ??= alone(this.slug, () => this.sendAll()).finally(() => (this.sending = null));
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    clearTimeout(this.retry);
    for (const question of [...this.waiting]) {
      const outcome = await this.sendOne(question);
      if (outcome.kind === 'later') return this.later(outcome.retry_ms);
      if (outcome.kind === 'lost') return this.later(this.wait_ms);
    }
  }

  private async sendOne(question: Outgoing): Promise<Outcome> {
    const outcome = await this.send(question);
    if (outcome.kind === 'taken' || outcome.kind === 'refused') {
      this.wait_ms = FIRST_WAIT_MS;
      this.drop(question.key);
      if (outcome.kind === 'taken') this.told.taken(outcome.item);
      else this.told.refused(question, outcome.message);
    }
    return outcome;
  }

  private later(wait_ms: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.flush(), wait_ms * (0.75 + Math.random() / 2));
    this.wait_ms = Math.min(LONGEST_WAIT_MS, this.wait_ms * 2);
  }

  private drop(key: string): void {
    this.waiting = this.waiting.filter((one) => one.key !== key);
    this.tell();
  }

  private tell(): void {
    keep(this.slug, this.waiting);
    this.told.waiting(this.waiting);
  }
}

export const sendBy =
  (url: string, csrf: string): Send =>
  (question) =>
    sendQuestion(url, csrf, question);

/** Two tabs of one phone take turns; one that would have to wait leaves it to the other. */
async function alone(slug: string, work: () => Promise<void>): Promise<void> {
  if (!globalThis.navigator?.locks) return work();
  await navigator.locks.request(keyOf(slug), { ifAvailable: true }, (lock) => (lock ? work() : undefined));
}

function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
