// This phone's votes: shown at once, sent one after the other, again where the line was gone.
export type Outcome = { kind: 'taken' } | { kind: 'refused'; message: string } | { kind: 'later'; retry_ms: number };
type Send = (question: number, vote: boolean) => Promise<Outcome>;

const LOST_WAIT_MS = 4_000;

export class Votes {
  /** The questions that this phone voted for, as it wants it. */
  given = $state.raw<ReadonlySet<number>>(new Set());
  refusal = $state('');
  private wanted = new Map<number, boolean>();
  private isSending = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private from_ms: number;

  constructor(
    private send: Send,
    given: number[],
    after_ms = 0, // the server takes none from a page that was opened a moment ago
  ) {
    this.given = new Set(given);
    this.from_ms = Date.now() + after_ms;
  }

  /** Gives a vote, or takes it back. */
  toggle(question: number): void {
    const vote = !this.given.has(question);
    this.refusal = '';
    this.show(question, vote);
    this.wanted.set(question, vote);
    void this.flush();
  }

  /** What the server knows, where nothing is on its way. */
  hear(given: number[]): void {
    if (!this.wanted.size) this.given = new Set(given);
  }

  /** The line is back. */
  async flush(): Promise<void> {
    if (this.isSending) return;
    clearTimeout(this.retry);
    const early_ms = this.from_ms - Date.now();
    if (early_ms > 0) {
      this.retry = setTimeout(() => void this.flush(), early_ms);
      return;
    }
    this.isSending = true;
    try {
      for (let next = this.next(); next; next = this.next()) {
        const [question, vote] = next;
        const outcome = await this.send(question, vote);
        if (outcome.kind === 'later') {
          this.retry = setTimeout(() => void this.flush(), outcome.retry_ms);
          return;
        }
        if (this.wanted.get(question) !== vote) continue; // changed while it was out
        this.wanted.delete(question);
        if (outcome.kind === 'refused') {
          this.show(question, !vote);
          this.refusal = outcome.message;
        }
      }
    } finally {
      this.isSending = false;
    }
  }

  private next(): [number, boolean] | undefined {
    return this.wanted.entries().next().value;
  }

  private show(question: number, vote: boolean): void {
    const given = new Set(this.given);
    if (vote) given.add(question);
    else given.delete(question);
    this.given = given;
  }
}

export const voteBy =
  (url: string, csrf: string): Send =>
  async (question, vote) => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf },
        body: JSON.stringify({ question, vote }),
        signal: AbortSignal.timeout(10_000),
      });
      if (answer.ok) return { kind: 'taken' };
      if (answer.status === 429 || answer.status >= 500) {
        const after_s = Number(answer.headers.get('Retry-After')) || LOST_WAIT_MS / 1000;
        return { kind: 'later', retry_ms: after_s * 1000 };
      }
      const { message } = (await answer.json()) as { message: string };
      return { kind: 'refused', message };
    } catch (error) {
      if (error instanceof SyntaxError) return { kind: 'refused', message: '' };
      return { kind: 'later', retry_ms: LOST_WAIT_MS };
    }
  };
