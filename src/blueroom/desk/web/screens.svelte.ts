// Which of the session's screens are frozen, and when a wall's scene gives way by itself: silence
// sends nothing, and walls are none of the desk's stream, so both are asked for.

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
  /** When the next of the walls' scenes gives way to another one. */
  sceneUntil = $state.raw<string | null>(null);
  private asking: ReturnType<typeof setInterval> | undefined;

  constructor(
    private url: string,
    private wallsUrl: string,
  ) {}

  start(): void {
    void this.ask();
    this.asking = setInterval(() => void this.ask(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.asking);
  }

  private async ask(): Promise<void> {
    const [screens, walls] = await Promise.all([
      read<OpenScreen[]>(this.url),
      read<{ until: string | null }[]>(this.wallsUrl),
    ]);
    if (screens) this.frozen = screens.filter(({ state }) => state === 'frozen');
    if (walls) this.sceneUntil = walls.flatMap(({ until }) => until ?? []).toSorted()[0] ?? null;
  }
}

/** Null where there is no answer: the desk says by itself that the server is lost. */
async function read<Told>(url: string): Promise<Told | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    return answer.ok ? ((await answer.json()) as Told) : null;
  } catch {
    return null;
  }
}
