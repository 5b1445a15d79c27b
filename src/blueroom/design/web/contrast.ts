// How well one colour is read on another: WCAG 2.2, 1.4.3. As design/colours.py has it.

const bytesOf = (colour: string) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

function luminance(colour: string): number {
  const [red, green, blue] = bytesOf(colour).map((byte) => {
    const part = byte / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast ratio of two "#rrggbb", 1 to 21. */
export function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** `one` with `part` (0 to 1) of `other` laid over it. */
export function mix(one: string, other: string, part: number): string {
  const over = bytesOf(other);
  const mixed = bytesOf(one).map((byte, at) => Math.round(byte + (over[at]! - byte) * part));
  return `#${mixed.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
