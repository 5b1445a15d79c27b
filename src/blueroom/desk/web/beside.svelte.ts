// What stands beside a question in its panel: who else asks it, and the crew's notes.
import type { Note } from './api';
import type { Desk } from './desk.svelte';
import type { Row } from './wire';

export class Beside {
  members = $state.raw<Row[]>([]);
  notes = $state.raw<Note[]>([]);
  /** The words for air while they are edited, else null. */
  edited = $state<string | null>(null);
  /** The translation while it is written, else null. */
  translated = $state<{ text: string; language: string } | null>(null);
  note = $state('');
  isBusy = $state(false);

  private asked = 0;

  constructor(private desk: Desk) {}

  /** Fetches what belongs to a question; `askers` and `notes` say whether there is any. */
  async look(row: Row): Promise<void> {
    const asked = ++this.asked;
    const { api } = this.desk;
    const [members, notes] = await Promise.all([
      row.askers > 1 || row.networks.length > 1 ? api.group(row.id) : null,
      row.notes ? api.notes(row.id) : null,
    ]);
    if (asked !== this.asked) return;
    this.members = members?.ok ? members.value : [];
    this.notes = notes?.ok ? notes.value : [];
  }

  /** Another question is opened. */
  clear(): void {
    this.asked += 1;
    this.members = [];
    this.notes = [];
    this.edited = null;
    this.translated = null;
    this.note = '';
  }

  async reword(row: Row, text: string): Promise<void> {
    const answer = await this.during(this.desk.decisions.change(row, 'reword', { text }));
    if (answer.ok) this.edited = null;
  }

  /** Opens the field: with what is there, else for the session's first language that is another. */
  beginTranslation(row: Row): void {
    const spoken = this.desk.session?.languages ?? [];
    const other = spoken.find((language) => language !== row.language);
    const proposed = other ?? (row.language === 'en' ? 'fr' : 'en');
    this.translated = { text: row.translation, language: row.translation_language || proposed };
  }

  async translate(row: Row, text: string, language: string): Promise<void> {
    const answer = await this.during(this.desk.decisions.change(row, 'translate', { text, language }));
    if (answer.ok) this.translated = null;
  }

  async choose(row: Row, member: number): Promise<void> {
    await this.during(this.desk.decisions.change(row, 'wording', { member }));
  }

  async split(head: Row, member: Row): Promise<void> {
    this.desk.rows.put([member]);
    const answer = await this.during(this.desk.decisions.change(member, 'split'));
    if (answer.ok) await this.look(this.desk.rows.get(head.id) ?? head);
  }

  async write(row: Row): Promise<void> {
    const text = this.note.trim();
    if (!text || this.isBusy) return;
    const answer = await this.during(this.desk.api.writeNote(row.id, text));
    if (answer.ok) {
      this.note = '';
      this.notes = [...this.notes, answer.value];
    } else {
      this.desk.tellUnless(answer);
    }
  }

  async ban(row: Row): Promise<void> {
    const answer = await this.during(this.desk.api.ban(row.id));
    if (!answer.ok) return this.desk.tellUnless(answer);
    this.desk.rows.put(answer.value);
    const name = this.desk.nameOf(row.author);
    this.desk.notices.show('told', this.desk.say('ban.done', { name }));
  }

  private async during<T>(work: Promise<T>): Promise<T> {
    this.isBusy = true;
    try {
      return await work;
    } finally {
      this.isBusy = false;
    }
  }
}
