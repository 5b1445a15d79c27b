// What a screen wears: day or night, and its room's own look and words.
import { fill, type Say, type Values } from './words';

/** What of a session (room/wire.py) a screen is dressed by. */
export interface Worn {
  is_dark: boolean;
  theme: string;
}

/** By day or on air, in the room's colours. */
export function wear(session: Worn): void {
  dim(session.is_dark);
  dress(session.theme);
}

export function dim(isDark: boolean): void {
  document.documentElement.dataset.air = isDark ? 'on' : 'off';
}

/** What a document hears when its look has changed: what is painted has to be painted anew. */
export const WORN = 'blueroom:worn';

const sheets = () => [...document.querySelectorAll<HTMLLinkElement>('link[data-theme]')];

/** The room's stylesheet at this address in place of the one that is there; '' for none. The old
 * one stays until the new one is read, so that no screen is ever bare. */
export function dress(address: string): void {
  if ((sheets().at(-1)?.getAttribute('href') ?? '') === address) return;
  if (!address) {
    sheets().forEach((worn) => worn.remove());
    return void document.dispatchEvent(new Event(WORN));
  }
  const sheet = document.createElement('link');
  sheet.dataset.theme = '';
  sheet.rel = 'stylesheet';
  sheet.href = address;
  sheet.addEventListener('load', () => {
    const all = sheets();
    all.slice(0, Math.max(0, all.indexOf(sheet))).forEach((older) => older.remove());
    document.dispatchEvent(new Event(WORN));
  });
  // It was changed again meanwhile: the next message brings the newer address.
  sheet.addEventListener('error', () => sheet.remove());
  document.head.append(sheet);
}

/** A token's value by day or on air, whichever of them is worn now. */
export function tokenBy(isNight: boolean, name: string): string {
  const probe = document.createElement('i');
  probe.hidden = true;
  probe.dataset.light = isNight ? 'air' : 'day';
  document.body.append(probe);
  const value = getComputedStyle(probe).getPropertyValue(name).trim();
  probe.remove();
  return value;
}

/** What a room says its own way in one language (RoomTexts of room/wire.py). */
export interface Texts {
  name: string;
  hashtag: string;
  ask: string;
  goodbye: string;
}

/** The words of a screen, but for those keys that the room says its own way. */
export function inOwnWords(say: Say, texts: Texts | undefined, keys: Record<string, keyof Texts>): Say {
  if (!texts) return say;
  return (key: string, values: Values = {}) => {
    const own = keys[key] && texts[keys[key]];
    return own ? fill(own, values) : say(key, values);
  };
}

/** How the room is called in that language; `house` where it has no name. */
export function nameOf(
  session: { room: string; texts: Record<string, Texts> },
  language: string,
  house: string,
): string {
  return session.texts[language.slice(0, 2)]?.name || session.room || house;
}
