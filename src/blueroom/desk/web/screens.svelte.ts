// Which of the session's screens are frozen: silence sends nothing, so it is asked for.

export interface OpenScreen {
  id: number;
  label: string;
  kind: string;
  state: string;
}

const EVERY_MS = 5_000;
const ANSWER_MS = 8_000;

export class Screens {
  frozen = $state.raw<OpenScreen[]>([]);
  private asking: ReturnType<typeof setInterval> | undefined;

  constructor(private url: string) {}

  start(): void {
    void this.ask();
    this.asking = setInterval(() => void this.ask(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.asking);
  }

  private async ask(): Promise<void> {
    try {
      const answer = await fetch(this.url, { signal: AbortSignal.timeout(ANSWER_MS) });
      if (!answer.ok) return;
      const screens = (await answer.json()) as OpenScreen[];
      this.frozen = screens.filter(({ state }) => state === 'frozen');
    } catch {
      // the desk says by itself that the server is lost
    }
  }
}
