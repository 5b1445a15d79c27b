// What questions are about, as the server made it last: asked for at a calm pace while the page is
// seen. A question that came since is about nothing yet.
import type { Api, ToldThemes } from './api';

const CALM_MS = 15_000; // desk/themes.py makes them every ten seconds

export class Themes {
  private told = $state.raw<ToldThemes>({ version: '', themes: [], ids: [], of: [] });
  private next: ReturnType<typeof setTimeout> | undefined;

  private keys = $derived.by(() => {
    const { themes, ids, of } = this.told;
    return new Map(ids.map((id, at) => [id, themes[of[at]!]!.key]));
  });
  private names = $derived.by(
    () => new Map(this.told.themes.map(({ key, words }) => [key, words.join(', ')])),
  );

  constructor(
    private api: Pick<Api, 'themes'>,
    private rightsEnded: () => void,
  ) {}

  start(): void {
    void this.load();
  }

  stop(): void {
    clearTimeout(this.next);
  }

  /** The key of what a question is about; "" where it is of no theme. */
  of = (id: number): string => this.keys.get(id) ?? '';

  /** The words of a theme; its key where it is there no more. */
  name = (key: string): string => this.names.get(key) ?? key;

  private async load(): Promise<void> {
    // A page that nobody sees asks for nothing.
    const answer = document.hidden ? null : await this.api.themes(this.told.version);
    if (answer?.ok && answer.value) this.told = answer.value;
    if (answer && !answer.ok && answer.kind === 'rights') return this.rightsEnded();
    this.next = setTimeout(() => void this.load(), CALM_MS);
  }
}
