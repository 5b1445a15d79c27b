// Which key does what, as in cutting rooms. By the letter, not by its place; a keyboard without
// Latin letters goes by the place.
export type Command =
  | { kind: 'in' | 'out' | 'play' | 'pause' | 'forward' | 'backward' | 'help' }
  | { kind: 'frames' | 'seconds' | 'answer' | 'zoom'; by: number }
  | { kind: 'show'; which: 'first' | 'end' };

const KEYS: Record<string, Command> = {
  i: { kind: 'in' },
  o: { kind: 'out' },
  j: { kind: 'backward' },
  k: { kind: 'pause' },
  l: { kind: 'forward' },
  ' ': { kind: 'play' },
  ',': { kind: 'frames', by: -1 },
  '.': { kind: 'frames', by: 1 },
  ';': { kind: 'frames', by: 1 }, // the key of "." on AZERTY
  arrowleft: { kind: 'frames', by: -1 },
  arrowright: { kind: 'frames', by: 1 },
  pageup: { kind: 'answer', by: -1 },
  pagedown: { kind: 'answer', by: 1 },
  home: { kind: 'show', which: 'first' },
  end: { kind: 'show', which: 'end' },
  '+': { kind: 'zoom', by: 0.5 },
  '=': { kind: 'zoom', by: 0.5 },
  '-': { kind: 'zoom', by: 2 },
  '?': { kind: 'help' },
};
// Held with Shift these go a second.
const SECONDS: Record<string, Command> = {
  arrowleft: { kind: 'seconds', by: -1 },
  arrowright: { kind: 'seconds', by: 1 },
};
// These press or move what has the focus, where something has.
const OF_CONTROLS = new Set([' ', 'arrowleft', 'arrowright', 'home', 'end', 'pageup', 'pagedown']);

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** What a key asks for, or null. */
export function commandOf(pressed: Pressed, target: EventTarget | null): Command | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  const key = latin(pressed.key, pressed.code).toLowerCase();
  if (OF_CONTROLS.has(key) && isControl(target, key)) return null;
  return (pressed.shiftKey ? SECONDS[key] : undefined) ?? KEYS[key] ?? null;
}

const latin = (key: string, code: string) =>
  key.length === 1 && key > '\u024f' && code.startsWith('Key') ? code.slice(3) : key;

/** Whether keys belong to what is being typed. */
export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && target.type !== 'checkbox'));

const isControl = (target: EventTarget | null, key: string) =>
  typeof HTMLElement !== 'undefined' &&
  target instanceof HTMLElement &&
  (key === ' '
    ? !!target.closest('button, a, summary, input')
    : !!target.closest('[role="slider"], [data-arrows]'));
