// Sends a question, and keeps what is typed until the server has taken it.
import type { Typed } from './phone.svelte';
import type { OwnQuestion } from './wire';

export type Outcome =
  | { kind: 'taken'; item: OwnQuestion }
  | { kind: 'refused'; message: string }
  /** Not now, says the server. */
  | { kind: 'later'; message: string; retry_ms: number }
  | { kind: 'lost' };

const PATIENCE_MS = 20_000;

export async function sendQuestion(
  url: string,
  csrf: string,
  typed: Typed & { key: string },
): Promise<Outcome> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { Accept: 'application/json', 'X-CSRFToken': csrf },
      body: new URLSearchParams({ ...typed }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said = (await answer.json()) as { item?: OwnQuestion; message?: string };
    if (answer.ok && said.item) return { kind: 'taken', item: said.item };
    if (said.message && answer.status === 429) {
      const after_s = Number(answer.headers.get('Retry-After')) || 60;
      return { kind: 'later', message: said.message, retry_ms: after_s * 1000 };
    }
    if (said.message && answer.status < 500) return { kind: 'refused', message: said.message };
  } catch {
    // No answer, or a page of somebody between us and the server.
  }
  return { kind: 'lost' };
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

export type Place =
  | { kind: 'taken'; url: string }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'lost' };

/** Asks for a place in the queue of those who ask by video. */
export async function takePlace(
  url: string,
  csrf: string,
  { text, name }: Pick<Typed, 'text' | 'name'>,
): Promise<Place> {
  try {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { Accept: 'application/json', 'X-CSRFToken': csrf },
      body: new URLSearchParams({ text, name, agrees: 'yes' }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const said = (await answer.json()) as { url?: string; code?: string; message?: string };
    if (answer.ok && said.url) return { kind: 'taken', url: said.url };
    if (said.message) return { kind: 'refused', code: said.code ?? '', message: said.message };
  } catch {
    // No answer, or a page instead of JSON.
  }
  return { kind: 'lost' };
}

const placeOf = (slug: string) => `place-${slug}`;

/** The page of one's place in the queue, "" where this browser does not know of any. */
export function findPlace(slug: string): string {
  try {
    return localStorage.getItem(placeOf(slug)) ?? '';
  } catch {
    return '';
  }
}

export function keepPlace(slug: string, url: string): void {
  try {
    localStorage.setItem(placeOf(slug), url);
  } catch {
    // Then the back button is the only way to it.
  }
}
