// What the desk may do with a question, and how the list is sorted out. Pure functions.
import type { Verb } from './api';
import type { Row } from './wire';

/** The state that each decision leads to, as desk/rules.py has it. */
export const LEADS: Record<Exclude<Verb, 'undo'>, string> = {
  approve: 'approved',
  hold: 'held',
  later: 'later',
  reject: 'rejected',
  'line-up': 'lined_up',
  air: 'on_air',
  answer: 'answered',
};

const APPROVED = ['approved', 'lined_up', 'on_air', 'answered'];
const NEVER_AFTER_ANSWER: Verb[] = ['approve', 'hold', 'later', 'reject', 'line-up'];

/** The states in which nothing was decided for good. */
export const OPEN = ['waiting', 'held', 'later', 'approved', 'lined_up', 'on_air'];

export const isApproved = (state: string) => APPROVED.includes(state);

/** Why `verb` cannot be done from `state`: the key of a sentence, or null where it can. */
export function obstacle(verb: Exclude<Verb, 'undo'>, state: string): string | null {
  if (LEADS[verb] === state && verb !== 'answer') return 'no.already';
  if ((verb === 'air' || verb === 'answer') && !isApproved(state)) return 'no.approve_first';
  if (state === 'answered' && NEVER_AFTER_ANSWER.includes(verb)) return 'no.answered';
  return null;
}

/** Which requests a decision takes: lining up what nobody approved approves it first. */
export function stepsOf(verb: Exclude<Verb, 'undo'>, state: string): Exclude<Verb, 'undo'>[] {
  const first = verb === 'line-up' && !isApproved(state);
  return first ? ['approve', 'line-up'] : [verb];
}

export type Deed = Exclude<Verb, 'undo' | 'answer'> | 'off-air' | 'open';

/** The three things most wanted from a question in that state, the likeliest first. */
export function deedsFor(state: string): Deed[] {
  switch (state) {
    case 'later':
      return ['approve', 'hold', 'reject'];
    case 'rejected':
      return ['approve', 'later', 'hold'];
    case 'approved':
      return ['line-up', 'air', 'reject'];
    case 'lined_up':
      return ['air', 'approve', 'reject'];
    case 'on_air':
      return ['open', 'off-air'];
    case 'answered':
      return ['open', 'air'];
    default:
      return ['approve', 'later', 'reject'];
  }
}

/** Everything else that can be done from that state. */
export function otherDeedsFor(state: string): Deed[] {
  const all: Deed[] = ['approve', 'line-up', 'air', 'hold', 'later', 'reject'];
  const first = deedsFor(state);
  if (state === 'on_air' || state === 'answered') return [];
  return all.filter(
    (deed) => !first.includes(deed) && obstacle(deed as Exclude<Verb, 'undo'>, state) === null,
  );
}

export const FILTERS = [
  'waiting',
  'approved',
  'held',
  'later',
  'rejected',
  'lined_up',
  'aired',
  'all',
] as const;
export type Filter = (typeof FILTERS)[number];

/** Members of a group are behind its head, in no list. */
export const BEHIND = 'merged';
export const isListed = (row: Row) => row.state !== BEHIND;

/** The states a filter shows; null for all of them. */
export function statesOf(filter: Filter): string[] | null {
  if (filter === 'all') return null;
  return filter === 'aired' ? ['on_air', 'answered'] : [filter];
}

export function countOf(filter: Filter, byState: Record<string, number>): number {
  const states = statesOf(filter) ?? Object.keys(byState).filter((state) => state !== BEHIND);
  return states.reduce((sum, state) => sum + (byState[state] ?? 0), 0);
}

/** How the rows of a filter are ordered; null for newest arrival first, as they are kept. */
export function orderOf(filter: Filter): ((one: Row, other: Row) => number) | null {
  if (filter === 'lined_up') return byPosition;
  if (filter === 'aired') return byDecision;
  return null;
}

export const byPosition = (one: Row, other: Row) =>
  (one.position ?? Infinity) - (other.position ?? Infinity) || one.id - other.id;

export const byAskers = (one: Row, other: Row) => other.askers - one.askers || other.id - one.id;

const decidedAt = (row: Row) => (row.last ? Date.parse(row.last.at) : 0);
const byDecision = (one: Row, other: Row) =>
  Number(other.state === 'on_air') - Number(one.state === 'on_air') ||
  decidedAt(other) - decidedAt(one) ||
  other.id - one.id;

/** Small letters without accents, for comparing what was typed with what was written. */
export const fold = (text: string) => text.normalize('NFD').replace(/\p{M}+/gu, '').toLowerCase();

const folded = new WeakMap<Row, string>();

/** Whether all the words typed are in the question or its author. `words` are folded. */
export function matches(row: Row, words: string[]): boolean {
  if (!words.length) return true;
  let text = folded.get(row);
  if (text === undefined) {
    const { name, handle, place } = row.author;
    text = fold(`${row.text} ${row.original} ${name} ${handle} ${place}`);
    folded.set(row, text);
  }
  return words.every((word) => text.includes(word));
}

/** The reasons of the rows that are held, the most frequent first. */
export function reasonsOf(rows: Iterable<Row>): [string, number][] {
  const tally = new Map<string, number>();
  for (const row of rows) {
    for (const code of new Set(row.reasons.map((reason) => reason.code))) {
      tally.set(code, (tally.get(code) ?? 0) + 1);
    }
  }
  return [...tally].sort((one, other) => other[1] - one[1]);
}

export interface Piece {
  text: string;
  /** Why this piece is marked; null for what stands between. */
  code: string | null;
}

/** A text in pieces, those for which it is held marked. `reasons` count code points, as Python. */
export function marked(text: string, reasons: Row['reasons'], where = 'text'): Piece[] {
  const points = [...text];
  const pieces: Piece[] = [];
  let at = 0;
  const found = reasons.filter((one) => one.where === where && one.end > one.start);
  for (const { code, start, end } of found.sort((one, other) => one.start - other.start)) {
    if (start < at || end > points.length) continue;
    if (start > at) pieces.push({ text: points.slice(at, start).join(''), code: null });
    pieces.push({ text: points.slice(start, end).join(''), code });
    at = end;
  }
  if (at < points.length) pieces.push({ text: points.slice(at).join(''), code: null });
  return pieces;
}

/** Which of the people present reads a question, so that two do not read the same; ids in order. */
export const readerOf = (questionId: number, people: number[]) =>
  people.length ? people[(questionId * 2_654_435_761) % 4_294_967_296 % people.length]! : null;

export const wordsIn = (typed: string) => fold(typed).split(/\s+/).filter(Boolean);
