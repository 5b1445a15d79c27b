// Which key does what. By the letter, not by its place, so that AZERTY and QWERTY agree; a keyboard
// without Latin letters goes by the place.
import type { Decision } from './decisions.svelte';

export type Command =
  | { kind: 'decide'; verb: Decision }
  | { kind: 'move'; by: number }
  | { kind: 'end'; to: 'first' | 'last' }
  | { kind: 'undo' | 'search' | 'open' | 'help' | 'leave' | 'in' | 'out' | 'panic' | 'walls' }
  | { kind: 'mark' | 'group' | 'apart' | 'edit' | 'sensitive' }
  | { kind: 'order' | 'top' | 'own-words' };

const LETTERS: Record<string, Command> = {
  j: { kind: 'move', by: 1 },
  k: { kind: 'move', by: -1 },
  y: { kind: 'decide', verb: 'approve' },
  n: { kind: 'decide', verb: 'reject' },
  m: { kind: 'decide', verb: 'later' },
  h: { kind: 'decide', verb: 'hold' },
  l: { kind: 'decide', verb: 'line-up' },
  a: { kind: 'decide', verb: 'air' },
  u: { kind: 'undo' },
  x: { kind: 'mark' },
  g: { kind: 'group' },
  d: { kind: 'apart' },
  e: { kind: 'edit' },
  s: { kind: 'sensitive' },
  r: { kind: 'order' },
  t: { kind: 'top' },
  v: { kind: 'own-words' },
  i: { kind: 'in' },
  o: { kind: 'out' },
  p: { kind: 'panic' },
  w: { kind: 'walls' },
  '/': { kind: 'search' },
  '?': { kind: 'help' },
};

// These move or open in the list only: elsewhere they belong to what has the focus.
const IN_THE_LIST: Record<string, Command> = {
  arrowdown: { kind: 'move', by: 1 },
  arrowup: { kind: 'move', by: -1 },
  pagedown: { kind: 'move', by: 6 },
  pageup: { kind: 'move', by: -6 },
  home: { kind: 'end', to: 'first' },
  end: { kind: 'end', to: 'last' },
  enter: { kind: 'open' },
};

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
}

/** What a key asks for, or null. `inList`: nothing else has the focus. */
export function commandOf(pressed: Pressed, inList: boolean, lettersOn = true): Command | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const key = pressed.key.toLowerCase();
  if (key === 'escape') return { kind: 'leave' };
  const moves = inList ? IN_THE_LIST[key] : undefined;
  if (moves) return moves;
  if (!lettersOn && !inList) return null;
  const command = LETTERS[latin(key, pressed.code)] ?? null;
  // A key held down runs through the list, but never decides.
  return pressed.repeat && command?.kind !== 'move' ? null : command;
}

const latin = (key: string, code: string) =>
  key.length === 1 && key > '\u024f' && code.startsWith('Key') ? code.slice(3).toLowerCase() : key;

/** The panic key that works everywhere: while one types, and over every dialog. */
export const isPanic = ({ key, ctrlKey, metaKey, altKey, repeat }: Pressed) =>
  key === 'F9' && !ctrlKey && !metaKey && !altKey && !repeat;

/** Whether keys belong to what is being typed. */
export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The key of each deed, as it is shown on its button. */
export const KEY_OF: Record<string, string> = {
  approve: 'Y',
  reject: 'N',
  later: 'M',
  hold: 'H',
  'line-up': 'L',
  air: 'A',
  open: '↵',
};
