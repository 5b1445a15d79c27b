// Letters with heaps of marks on them ("zalgo") run over everything around them.

const HEAP = /(\p{M}{4})\p{M}+/gu; // no writing system puts more than four on one letter

/** The text with no letter that carries more marks than a language needs. */
export const withoutHeaps = (text: string): string => text.normalize('NFC').replace(HEAP, '$1');
