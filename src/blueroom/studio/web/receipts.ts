// Receipts for what the crew wrote: that it stands on this screen, and that whom it is for has seen
// it. What the network would not take is tried again until it is taken; telling twice does no harm.

export type Receipt = 'delivered' | 'seen';

/** Hands a receipt in; false where it should be tried again. */
export type Hand = (id: number, receipt: Receipt) => Promise<boolean>;

const AGAIN_MS = 3_000;
const ANSWER_MS = 8_000;
const GONE = [404, 410];

export class Receipts {
  private owed = new Map<number, Receipt>();
  private given = new Map<number, Receipt>();
  private isHanding = false;
  private again: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly hand: Hand) {}

  /** `seen` says `delivered` too; the same again, or less, says nothing new. */
  give(id: number, receipt: Receipt): void {
    const known = this.owed.get(id) ?? this.given.get(id);
    if (known === receipt || known === 'seen') return;
    this.owed.set(id, receipt);
    void this.handIn();
  }

  /** The network came back: do not wait. */
  wake(): void {
    void this.handIn();
  }

  private async handIn(): Promise<void> {
    if (this.isHanding) return;
    this.isHanding = true;
    clearTimeout(this.again);
    for (let first = this.first; first; first = this.first) {
      const [id, receipt] = first;
      if (!(await this.hand(id, receipt))) break;
      this.given.set(id, receipt);
      if (this.owed.get(id) === receipt) this.owed.delete(id); // it may have become `seen` meanwhile
    }
    this.isHanding = false;
    if (this.owed.size) this.again = setTimeout(() => void this.handIn(), AGAIN_MS);
  }

  private get first(): [number, Receipt] | undefined {
    return this.owed.entries().next().value;
  }
}

/** Hands a receipt in at an address; a message that is gone needs none. */
export async function handInAt(url: string): Promise<boolean> {
  try {
    const { ok, status } = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(ANSWER_MS) });
    return ok || GONE.includes(status);
  } catch {
    return false;
  }
}
