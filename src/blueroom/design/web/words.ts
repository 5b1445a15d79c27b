// The strings of a screen, in the language it was opened in.

export type Values = Record<string, string | number>;
export type Say = (key: string, values?: Values) => string;

const inBraces = /\{(\w+)\}/g;

const fromRight = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** A name written from right to left turns nothing of the sentence around it. */
const apart = (value: string) => (fromRight.test(value) ? `\u2068${value}\u2069` : value);

/** The text with its {placeholders} filled, as they come. */
export const fill = (text: string, values: Values) =>
  text.replace(inBraces, (_, name: string) => apart(String(values[name] ?? '')));

/** A function that gives the string named `key`, its {placeholders} filled.
 *
 * Where `key` itself is missing, the plural is chosen by `values.n` among `key.one`, `key.other`…
 * Numbers are written the language's way. A key nobody wrote comes back as it is.
 */
export function words(
  language: string,
  spoken: { fr: Record<string, string>; en: Record<string, string> },
): Say {
  const [tongue, strings] =
    language.slice(0, 2) === 'fr' ? ['fr', spoken.fr] : ['en', spoken.en];
  const plural = new Intl.PluralRules(tongue);
  const number = new Intl.NumberFormat(tongue);
  const written = (value: string | number | undefined) =>
    typeof value === 'number' ? number.format(value) : apart(value ?? '');
  return (key, values = {}) => {
    const form = plural.select(Number(values.n ?? 0));
    const found = strings[key] ?? strings[`${key}.${form}`] ?? strings[`${key}.other`] ?? key;
    return found.replace(inBraces, (_, name: string) => written(values[name]));
  };
}

/** Whose dates and hours are written: in English with 24 hours and the day first, as in French. */
export const datesOf = (language: string) => (language === 'en' ? 'en-GB' : language);
