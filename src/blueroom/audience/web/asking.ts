// Sends a question, and keeps what is typed until the server has taken it.
import type { Typed } from './phone.svelte';
import type { OwnQuestion } from './wire';

export type Outcome =
  | { kind: 'taken'; item: OwnQuestion }
  | { kind: 'refused'; message: string }
  | { kind: 'lost'; online: boolean };

const PATIENCE_MS = 20_000;

export async function sendQuestion(url: string, csrf: string, typed: Typed): Promise<Outcome> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { Accept: 'application/json', 'X-CSRFToken': csrf },
      body: new URLSearchParams({ ...typed }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said = (await answer.json()) as { item?: OwnQuestion; message?: string };
    if (answer.ok && said.item) return { kind: 'taken', item: said.item };
    if (said.message) return { kind: 'refused', message: said.message };
    return { kind: 'lost', online: true };
  } catch (error) {
    // A page instead of JSON came through; anything else did not reach the server.
    return { kind: 'lost', online: error instanceof SyntaxError };
  }
}

const keyOf = (slug: string) => `question-${slug}`;

/** What was typed last time and not sent. Some browsers forbid to keep anything. */
export function findDraft(slug: string): Partial<Typed> {
  try {
    return JSON.parse(localStorage.getItem(keyOf(slug)) ?? '{}') as Partial<Typed>;
  } catch {
    return {};
  }
}

export function keepDraft(slug: string, typed: Typed): void {
  try {
    localStorage.setItem(keyOf(slug), JSON.stringify(typed));
  } catch {
    // Then it lives as long as the page.
  }
}

const graphemes = 'Segmenter' in Intl ? new Intl.Segmenter() : null;

/** How many characters people see. */
export const lengthOf = (text: string): number =>
  graphemes ? [...graphemes.segment(text)].length : [...text].length;
