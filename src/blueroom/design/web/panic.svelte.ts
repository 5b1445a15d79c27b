// The panic button: covers every screen of the session, past the database. The ticket that lets it is
// fetched while all is well, and good for hours.
import type { Slate, SlateState } from './slate.svelte';

export interface PanicBoot {
  url: string;
  ticket: string;
  /** Where a fresh ticket is had. */
  ticket_url: string;
}

const FRESH_EVERY_MS = 10 * 60_000;
const ANSWER_MS = 3_000;
const TRIES = 3;

export class Panic {
  /** Between the press and the server's word. */
  isSending = $state(false);
  private renewing: ReturnType<typeof setInterval> | undefined;

  constructor(
    private boot: PanicBoot,
    private slate: Slate,
    private failed: () => void,
  ) {}

  start(): void {
    this.renewing = setInterval(() => void this.renew(), FRESH_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.renewing);
  }

  /** Covers every screen, or uncovers them. Tried three times, for the network may stutter too. */
  async cover(isOn: boolean): Promise<void> {
    this.isSending = true;
    for (let tried = 0; tried < TRIES; tried += 1) {
      const state = await this.send(isOn);
      if (!state) continue;
      this.slate.take(state);
      this.isSending = false;
      return;
    }
    this.isSending = false;
    this.failed();
  }

  private async send(isOn: boolean): Promise<SlateState | null> {
    try {
      const answer = await fetch(this.boot.url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          Authorization: `Bearer ${this.boot.ticket}`,
        },
        body: JSON.stringify({ is_on: isOn }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.status === 403) await this.renew();
      return answer.ok ? ((await answer.json()) as SlateState) : null;
    } catch {
      return null;
    }
  }

  private async renew(): Promise<void> {
    try {
      const answer = await fetch(this.boot.ticket_url, {
        cache: 'no-store',
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (answer.ok) this.boot.ticket = ((await answer.json()) as { ticket: string }).ticket;
    } catch {
      // the ticket at hand is good for hours
    }
  }
}
