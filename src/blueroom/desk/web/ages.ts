// How long ago and how long since, in the few characters a row has room for.
import type { Say } from '../../design/web/words';

const UNITS: [string, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

export function ages(say: Say, language: string) {
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2 });

  /** "12 s", "3 min", "2 h", "4 d" */
  function short(elapsed_ms: number): string {
    const elapsed_s = Math.max(0, Math.floor(elapsed_ms / 1000));
    const [unit, size] = UNITS.find(([, size]) => elapsed_s >= size) ?? ['second', 1];
    return say(`age.${unit}`, { n: Math.floor(elapsed_s / size) });
  }

  return {
    short,
    /** "12 s ago", "just now" */
    ago: (elapsed_ms: number) =>
      elapsed_ms < 1_500 ? say('age.now') : say('age.ago', { age: short(elapsed_ms) }),
    /** "0:07", "12:40", "1:02:40" */
    clock(elapsed_ms: number): string {
      const all = Math.max(0, Math.floor(elapsed_ms / 1000));
      const hours = Math.floor(all / 3600);
      const minutes = Math.floor(all / 60) % 60;
      const tail = `${hours ? two.format(minutes) : minutes}:${two.format(all % 60)}`;
      return hours ? `${hours}:${tail}` : tail;
    },
  };
}
