// What the address of an overlay asks for, and when it shows nothing; no markup, no network.
import type { Status } from '../../design/web/live';

export const PARTS = ['question', 'ticker', 'qr', 'countdown', 'slate'] as const;
export type Part = (typeof PARTS)[number];

/** `?parts=question,qr&side=right&scale=0.8&stale=40&hold=20` */
export interface Options {
  parts: Set<Part>;
  /** Where the question stands; the code stands on the other side. */
  side: 'left' | 'right';
  /** How large, 1 as drawn for 1920x1080. */
  scale: number;
  /** After so many seconds without a word from the server nothing is shown. */
  stale_s: number;
  /** So many seconds a question stays; 0: as long as it is on air. */
  hold_s: number;
}

// The server's beats come every 10 s; a line is taken for dead after 25.
const STALE_S = 25;

export function optionsOf(query: string): Options {
  const words = new URLSearchParams(query);
  const named = words.get('parts')?.split(',') ?? PARTS;
  return {
    parts: new Set(PARTS.filter((part) => named.includes(part))),
    side: words.get('side') === 'right' ? 'right' : 'left',
    scale: within(words.get('scale'), 0.4, 3, 1),
    stale_s: within(words.get('stale'), STALE_S, 3600, STALE_S),
    hold_s: within(words.get('hold'), 0, 3600, 0),
  };
}

function within(word: string | null, least: number, most: number, otherwise: number): number {
  const value = Number(word?.replace(',', '.') || NaN);
  return Number.isFinite(value) ? Math.max(least, Math.min(most, value)) : otherwise;
}

/** Whether what the overlay knows is too old to be shown: rather nothing than something stale. */
export function isLost(status: Status | null, now_ms: number, stale_s: number): boolean {
  if (!status || status.state === 'live') return false;
  return status.state === 'forbidden' || now_ms - status.since.getTime() >= stale_s * 1000;
}

const LINE_S = 9;

/** Which of so many lines the ticker shows: every overlay the same. */
export const lineAt = (now: Date, lines: number) =>
  lines ? Math.floor(now.getTime() / 1000 / LINE_S) % lines : 0;
