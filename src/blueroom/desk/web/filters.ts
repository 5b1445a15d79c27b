// What a list of questions is narrowed down to, beside what is typed. Pure functions.
import { type Filter as List, FILTERS as LISTS } from './rules';
import type { Say } from '../../design/web/words';
import type { Row } from './wire';

/** Each is left out where it is empty or 0; a question has to meet all of the others. */
export interface Criteria {
  network: string;
  language: string;
  /** The code of a reason for which it is held. */
  reason: string;
  /** The least number of people who ask it, and of votes. */
  askers: number;
  votes: number;
  /** The age of the post, at most and at least. */
  within_minutes: number;
  older_minutes: number;
  /** The key of what it is about. */
  theme: string;
  /** One's own share of what waits, alone. */
  mine: boolean;
}

/** Everything a list is asked for: which one, the words, and the criteria. */
export interface Asked extends Criteria {
  list: List;
  q: string;
}

export const NONE: Criteria = {
  network: '',
  language: '',
  reason: '',
  askers: 0,
  votes: 0,
  within_minutes: 0,
  older_minutes: 0,
  theme: '',
  mine: false,
};
const ALL: Asked = { list: 'waiting', q: '', ...NONE };

export type Criterion = keyof Criteria;
const CRITERIA = Object.keys(NONE) as Criterion[];

/** Which criteria narrow the list. */
export const onesIn = (criteria: Criteria) => CRITERIA.filter((one) => Boolean(criteria[one]));

export const isSame = (one: Asked, other: Asked) =>
  (Object.keys(ALL) as (keyof Asked)[]).every((name) => one[name] === other[name]);

/** Whether a row meets the criteria, but for language, theme and reason, which are counted before. */
export function meets(row: Row, of: Criteria, now_ms: number): boolean {
  if (of.network && !row.networks.includes(of.network)) return false;
  if (row.askers < of.askers || row.votes < of.votes) return false;
  if (!of.within_minutes && !of.older_minutes) return true;
  const minutes = (now_ms - Date.parse(row.published_at)) / 60_000;
  if (of.within_minutes && minutes > of.within_minutes) return false;
  return minutes >= of.older_minutes;
}

/** What the page's address says; anything that is no criterion is left out. */
export function askedIn(address: URLSearchParams): Asked {
  const asked: Asked = { ...ALL };
  const list = address.get('list') as List;
  if (LISTS.includes(list)) asked.list = list;
  asked.q = (address.get('q') ?? '').slice(0, 200);
  for (const name of CRITERIA) {
    const said = address.get(name);
    if (said !== null) Object.assign(asked, { [name]: valueOf(NONE[name], said) });
  }
  return asked;
}

function valueOf(none: string | number | boolean, said: string): string | number | boolean {
  if (typeof none === 'number') return /^\d{1,6}$/.test(said) ? Number(said) : 0;
  return typeof none === 'boolean' ? said === '1' : said.slice(0, 40);
}

/** As the page's address says it: what is not asked for is left out. */
export function addressOf(asked: Asked): string {
  const address = new URLSearchParams();
  for (const name of Object.keys(ALL) as (keyof Asked)[]) {
    const value = asked[name];
    if (value !== ALL[name]) address.set(name, value === true ? '1' : String(value));
  }
  return address.toString();
}

interface Names {
  say: Say;
  age: { short: (elapsed_ms: number) => string };
  networkName: (network: string) => string;
  languageName: (language: string) => string;
  themes: { name: (key: string) => string };
}

/** A criterion in words; `isAlone`: without its heading beside it. */
export function criterionName(of: Criterion, now: Criteria, names: Names, isAlone = true): string {
  const { say, age } = names;
  switch (of) {
    case 'network':
      return names.networkName(now.network);
    case 'language':
      return names.languageName(now.language);
    case 'reason':
      return say(`reason.${now.reason}`);
    case 'theme':
      return isAlone ? say('about', { words: names.themes.name(now.theme) }) : names.themes.name(now.theme);
    case 'mine':
      return say('crew.share');
    case 'within_minutes':
      return say('filters.within', { age: age.short(now.within_minutes * 60_000) });
    case 'older_minutes':
      return say('filters.older', { age: age.short(now.older_minutes * 60_000) });
    default:
      return say(isAlone ? `filters.chip.${of}` : `filters.${of}.n`, { n: now[of] });
  }
}
