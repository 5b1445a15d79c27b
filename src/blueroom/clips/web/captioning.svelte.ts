// The captions under the hand, one language at a time. What is typed is kept in this browser until
// the server has it.
import type { Captions, Cue } from './api';
import type { Clips } from './clips.svelte';
import { changed, inserted, merged, removed, shifted, split } from './cues';
import { microsOf } from './times';
import type { ClipLine } from './wire';

const TYPING_MS = 300;

export class Captioning {
  language = $state('');
  /** As they are typed; null while they are fetched. */
  captions = $state.raw<Captions | null>(null);
  /** The words of the language spoken, for whoever translates. */
  original = $state.raw<Cue[]>([]);
  isTouched = $state(false);
  isBusy = $state(false);
  /** Somebody saved others since these were begun; their name, or "?". */
  changedBy = $state('');
  /** The line whose text has the focus. */
  line = $state(-1);

  private clip: ClipLine | null = null;
  private keeping: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  constructor(private clips: Clips) {}

  get cues(): Cue[] {
    return this.captions?.cues ?? [];
  }

  /** Languages that have captions, here or on the server; the one spoken first. */
  languages(clip: ClipLine): string[] {
    const found = clip.captions.map((one) => one.language);
    return found.includes(this.language) || !this.language ? found : [...found, this.language];
  }

  /** Shows the captions of another clip. */
  open(clip: ClipLine | null): void {
    this.flush();
    this.clip = clip;
    this.captions = null;
    this.language = '';
    if (!clip) return;
    const spoken = clip.captions.find((one) => !one.is_translation)?.language;
    const first = spoken ?? this.clips.session?.languages[0] ?? 'fr';
    void this.show(first);
  }

  /** Follows what the server says of the clip. */
  follow(before: ClipLine, now: ClipLine): void {
    this.clip = now;
    const of = (clip: ClipLine) => clip.captions.find((one) => one.language === this.language);
    if (now.in_at && before.in_at !== now.in_at) this.countFrom(now.in_at);
    const theirs = of(now);
    if (this.isBusy || (theirs?.revision ?? 0) === (of(before)?.revision ?? 0)) return;
    if (!this.isTouched) void this.show(this.language);
    else if (theirs && theirs.revision !== this.captions?.revision) {
      this.changedBy = theirs.changed_by || '?';
    }
  }

  /** The clip begins elsewhere now: the same moments, counted from there. */
  private countFrom(in_at: string): void {
    if (!this.captions) return;
    const by_s = (microsOf(this.captions.begins_at || in_at) - microsOf(in_at)) / 1e6;
    const cues = (lines: Cue[]) => lines.map((cue) => shifted(cue, by_s));
    this.captions = { ...this.captions, begins_at: in_at, cues: cues(this.captions.cues) };
    this.original = cues(this.original);
    this.flush();
  }

  /** Shows one language: what was typed here before, else what the server has. */
  async show(language: string): Promise<void> {
    this.flush();
    const { clip } = this;
    if (!clip) return;
    const asked = ++this.asked;
    this.language = language;
    this.changedBy = '';
    this.isTouched = false;
    this.captions = null;
    const line = clip.captions.find((one) => one.language === language);
    const spoken = clip.captions.find((one) => !one.is_translation);
    const isOther = spoken !== undefined && spoken.language !== language;
    const [theirs, original] = await Promise.all([
      line ? this.clips.api.captions(clip.slug, language) : null,
      isOther ? this.clips.api.captions(clip.slug, spoken.language) : null,
    ]);
    if (asked !== this.asked) return;
    this.original = original?.ok ? original.value.cues : [];
    const none: Captions = {
      language,
      is_translation: isOther,
      is_checked: false,
      source: 'typed',
      revision: 0,
      begins_at: clip.in_at ?? '',
      cues: [],
      changed_by: '',
    };
    const found = theirs?.ok ? theirs.value : none;
    if (theirs && !this.clips.took(theirs)) return;
    const draft = this.draft();
    this.captions = draft ?? found;
    this.isTouched = draft !== null;
    if (draft && draft.revision !== found.revision) this.changedBy = found.changed_by || '?';
  }

  // -- typing --------------------------------------------------------------------------------

  change(at: number, values: Partial<Cue>): void {
    this.put(changed(this.cues, at, values));
  }

  split(at: number, place: number): void {
    this.put(split(this.cues, at, place));
  }

  merge(at: number): void {
    this.put(merged(this.cues, at));
  }

  insert(after: number, at_s: number, duration_s: number): void {
    this.put(inserted(this.cues, after, at_s, duration_s));
  }

  remove(at: number): void {
    this.put(removed(this.cues, at));
  }

  /** The lines of the language spoken with no words yet, to be translated one by one. */
  takeTimes(): void {
    this.put(this.original.map((cue) => ({ ...cue, text: '' })));
  }

  check(isChecked: boolean): void {
    if (!this.captions) return;
    this.captions = { ...this.captions, is_checked: isChecked };
    this.keep();
  }

  private put(cues: Cue[]): void {
    if (!this.captions) return;
    this.captions = { ...this.captions, cues };
    this.keep();
  }

  // -- keeping -------------------------------------------------------------------------------

  async save(): Promise<void> {
    const { clip, captions } = this;
    if (!clip || !captions || this.isBusy) return;
    this.isBusy = true;
    const order = [...captions.cues].sort((one, other) => one.start_s - other.start_s);
    const done = await this.clips.api.saveCaptions(clip.slug, { ...captions, cues: order });
    this.isBusy = false;
    if (!done.ok && done.kind === 'changed') {
      this.changedBy = done.by || '?';
      return;
    }
    if (!this.clips.took(done)) return;
    this.took(captions, done.value);
    this.clips.tell('told', this.clips.say('captions.saved'));
  }

  /** What was typed while it was on its way stays, on top of what is now saved. */
  private took(sent: Captions, saved: Captions): void {
    if (this.captions === sent) {
      this.captions = saved;
      this.forget();
    } else if (this.captions) {
      this.captions = { ...this.captions, revision: saved.revision };
      this.keep();
    }
  }

  /** Throws away what was typed here and shows what somebody else saved. */
  async takeTheirs(): Promise<void> {
    this.forget();
    await this.show(this.language);
  }

  /** Goes on with what was typed here; saving it replaces what somebody else saved. */
  async keepMine(): Promise<void> {
    const { clip, captions } = this;
    if (!clip || !captions) return;
    const theirs = await this.clips.api.captions(clip.slug, captions.language);
    const revision = theirs.ok ? theirs.value.revision : 0;
    this.captions = { ...captions, revision };
    this.changedBy = '';
    this.keep();
  }

  async load(file: File): Promise<void> {
    const { clip, captions } = this;
    if (!clip || !captions) return;
    this.isBusy = true;
    const { language, is_translation, revision } = captions;
    const body = { text: await file.text(), name: file.name, is_translation };
    const done = await this.clips.api.importCaptions(clip.slug, language, body, revision);
    this.isBusy = false;
    if (!done.ok && done.kind === 'changed') this.changedBy = done.by || '?';
    else if (this.clips.took(done)) {
      this.captions = done.value;
      this.forget();
      this.clips.tell('told', this.clips.say('captions.imported', { n: done.value.cues.length }));
    }
  }

  async drop(): Promise<void> {
    const { clip } = this;
    if (!clip) return;
    this.isBusy = true;
    const isKept = clip.captions.some((one) => one.language === this.language);
    const done = isKept ? await this.clips.api.removeCaptions(clip.slug, this.language) : null;
    this.isBusy = false;
    if (done && !this.clips.took(done)) return;
    this.forget();
    this.captions = this.captions && { ...this.captions, cues: [], revision: 0, is_checked: false };
  }

  async hear(): Promise<void> {
    const { clip } = this;
    if (clip) this.clips.took(await this.clips.api.hear(clip.slug, this.language));
  }

  private place = (): string => `clips/${this.clip?.slug}/${this.language}`;

  private draft(): Captions | null {
    try {
      const kept = localStorage.getItem(this.place());
      return kept ? (JSON.parse(kept) as Captions) : null;
    } catch {
      return null; // storage is switched off: the text lives on this page alone
    }
  }

  private keep(): void {
    this.isTouched = true;
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.flush(), TYPING_MS);
  }

  /** Writes what was typed to this browser's storage at once. */
  flush(): void {
    clearTimeout(this.keeping);
    if (!this.isTouched || !this.captions || !this.clip) return;
    try {
      localStorage.setItem(this.place(), JSON.stringify(this.captions));
    } catch {
      // as above
    }
  }

  private forget(): void {
    clearTimeout(this.keeping);
    this.isTouched = false;
    this.changedBy = '';
    try {
      localStorage.removeItem(this.place());
    } catch {
      // as above
    }
  }
}
