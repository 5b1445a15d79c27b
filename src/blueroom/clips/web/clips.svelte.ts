// What the page of clips knows: the answers, which one is open, whether it is up to date.
import { type Boot, sourceOf } from '../../design/web/boot';
import { follow, type Following, type Status } from '../../design/web/live';
import { clock } from '../../design/web/time.svelte';
import { type Say, words } from '../../design/web/words';
import { type Answer, Api } from './api';
import { Editing } from './editing.svelte';
import en from './words/en.json';
import fr from './words/fr.json';
import type { AnswerLine, ClipsChange, ClipsState } from './wire';

/** What the page says beyond what every screen's page says. */
export interface ClipsBoot extends Boot {
  desk_url: string;
  login_url: string;
  may_publish: boolean;
  may_mark: boolean;
  /** Whether speech recognition is set up. */
  can_hear: boolean;
  zone: string;
  /** Languages that captions can be in, as they call themselves. */
  spoken: Record<string, string>;
}

export interface Notice {
  id: number;
  tone: 'told' | 'wrong';
  text: string;
}

const LASTS_MS = { told: 6_000, wrong: 20_000 };
const SHOWN = 3;

export class Clips {
  session = $state.raw<ClipsState['session'] | null>(null);
  answers = $state.raw<AnswerLine[] | null>(null);
  selected = $state<number | null>(null);
  status = $state.raw<Status | null>(null);
  hasRights = $state(true);
  notices = $state.raw<Notice[]>([]);
  /** For the one polite live region. */
  aloud = $state('');

  readonly say: Say;
  readonly api: Api;
  readonly editing: Editing;

  private following: Following | null = null;
  private count = 0;
  private wanted = decodeURIComponent(location.hash.slice(1));

  constructor(readonly boot: ClipsBoot) {
    this.say = words(boot.language, { fr, en });
    this.api = new Api(boot.api, boot.csrf);
    this.editing = new Editing(this);
  }

  answer = $derived.by(() => this.answers?.find((one) => one.id === this.selected) ?? null);

  /** Opens an answer; its clip, if there is one, goes into the address. */
  select(id: number): void {
    if (id === this.selected) return;
    this.selected = id;
    const clip = this.answer?.clip;
    if (clip) history.replaceState(null, '', `#${clip.slug}`);
    this.editing.open();
  }

  /** Selects so many answers further down the list. */
  move(by: number): void {
    const all = this.answers ?? [];
    const at = all.findIndex((one) => one.id === this.selected);
    const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
    if (next) this.select(next.id);
  }

  // -- what is said --------------------------------------------------------------------------

  tell(tone: Notice['tone'], text: string): void {
    const notice: Notice = { id: ++this.count, tone, text };
    this.notices = [...this.notices.filter((one) => one.text !== text), notice].slice(-SHOWN);
    setTimeout(() => this.hush(notice.id), LASTS_MS[tone]);
    this.speak(text);
  }

  hush(id: number): void {
    this.notices = this.notices.filter((one) => one.id !== id);
  }

  speak(text: string): void {
    // The same words twice are read twice only if the text changes.
    this.aloud = text === this.aloud ? `${text}\u00a0` : text;
  }

  /** Says why something was not done; whether it was. */
  took<T>(answer: Answer<T>): answer is { ok: true; value: T } {
    if (answer.ok) return true;
    if (answer.kind === 'rights') this.hasRights = false;
    else this.tell('wrong', answer.message || this.say('unreachable'));
    return false;
  }

  languageName(language: string): string {
    return this.boot.spoken[language] ?? language;
  }

  /** Why work failed, in the person's own language where that is one we foresaw. */
  why(code: string, message: string): string {
    const key = `code.${code}`;
    const found = this.say(key);
    return found === key ? message : found;
  }

  // -- the stream ----------------------------------------------------------------------------

  start(): void {
    this.following = follow<ClipsState, ClipsChange>(sourceOf(this.boot), {
      snapshot: (state, at) => {
        clock.hear(at);
        this.session = state.session;
        this.take(state.answers);
      },
      changes: (changes) => {
        for (const change of changes) {
          if (change.kind === 'session') this.session = change.session;
          else this.take(change.answers);
        }
      },
      status: (status) => {
        this.status = status;
        if (status.state !== 'stale') this.hasRights = status.state === 'live';
      },
    });
    addEventListener('hashchange', () => {
      this.wanted = decodeURIComponent(location.hash.slice(1));
      this.open();
    });
  }

  stop(): void {
    this.following?.close();
  }

  private take(answers: AnswerLine[]): void {
    const before = this.answer;
    this.answers = answers;
    if (this.selected === null || !this.answer) this.open();
    else this.editing.follow(before, this.answer);
  }

  /** Opens the clip that the address names, else the newest answer that has one. */
  private open(): void {
    const all = this.answers ?? [];
    const named = all.find((one) => one.clip?.slug === this.wanted);
    const first = named ?? all.find((one) => one.clip) ?? all[0];
    if (first) this.select(first.id);
    else this.selected = null;
  }
}
