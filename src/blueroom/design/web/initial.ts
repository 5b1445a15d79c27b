// What stands for a person who has no picture: a letter and a colour, always the same for a name.

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const COLOURS = ['peach', 'mint', 'periwinkle', 'blush', 'butter', 'sky'] as const;
const MARKS_KEPT = 2;

/** The first letter or emoji of a name, with no more marks on it than a language needs; "" if none. */
export function initialOf(name: string): string {
  const letters = name.normalize('NFC').replace(/^[^\p{L}\p{N}\p{Extended_Pictographic}\p{RI}]+/u, '');
  const [first] = graphemes.segment(letters);
  if (!first) return '';
  const [base = '', ...marks] = first.segment.match(/\P{M}|\p{M}/gu) ?? [];
  return /\p{Extended_Pictographic}|\p{RI}/u.test(base)
    ? first.segment
    : (base + marks.filter((mark) => /\p{M}/u.test(mark)).slice(0, MARKS_KEPT).join('')).toLocaleUpperCase();
}

/** One of six pastels, spread evenly over names. */
export function colourOf(name: string): (typeof COLOURS)[number] {
  let sum = 0x811c9dc5; // FNV-1a
  for (const unit of name.trim().toLowerCase()) sum = Math.imul(sum ^ unit.codePointAt(0)!, 0x01000193);
  return COLOURS[(sum >>> 0) % COLOURS.length] ?? 'peach';
}
