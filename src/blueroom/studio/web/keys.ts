// Which key does what in the studio. By the letter, so that AZERTY and QWERTY agree; digits by
// their place, for on AZERTY they need a shift.

export type Command =
  | { kind: 'live' | 'slate' | 'stop' | 'mute' | 'dump' | 'in' | 'out' | 'add' | 'help' }
  | { kind: 'feed'; number: number }
  | { kind: 'delay'; by: number };

const LETTERS: Record<string, Command> = {
  l: { kind: 'live' },
  s: { kind: 'slate' },
  x: { kind: 'stop' },
  m: { kind: 'mute' },
  d: { kind: 'dump' },
  i: { kind: 'in' },
  o: { kind: 'out' },
  a: { kind: 'add' },
  '?': { kind: 'help' },
  '+': { kind: 'delay', by: 1 },
  '-': { kind: 'delay', by: -1 },
};

export interface Pressed {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

export function commandOf({ key, code, ctrlKey, metaKey, altKey }: Pressed): Command | null {
  if (ctrlKey || metaKey || altKey) return null;
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  if (digit) return { kind: 'feed', number: Number(digit) };
  const letter = key.length === 1 && key > '\u024f' && code.startsWith('Key') ? code.slice(3) : key;
  return LETTERS[letter.toLowerCase()] ?? null;
}

/** Whether keys belong to what is being typed or moved. */
export const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const HOLD_MS = 700;
const TWICE_MS = 1_200;

/** Dumping is for good: a key held for a moment or pressed twice, never once by mistake. */
export class Dumping {
  private firstAt_ms = -Infinity;
  private holding: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly dump: () => void,
    /** Pressed once: say what a second time would do. */
    private readonly warn: (isWarned: boolean) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  press(): void {
    if (this.now() - this.firstAt_ms < TWICE_MS) return this.fire();
    this.firstAt_ms = this.now();
    this.warn(true);
    clearTimeout(this.holding);
    this.holding = setTimeout(() => this.fire(), HOLD_MS);
  }

  release(): void {
    if (this.firstAt_ms === -Infinity) return;
    clearTimeout(this.holding);
    this.holding = setTimeout(() => this.warn(false), TWICE_MS);
  }

  private fire(): void {
    clearTimeout(this.holding);
    this.firstAt_ms = -Infinity;
    this.warn(false);
    this.dump();
  }
}
