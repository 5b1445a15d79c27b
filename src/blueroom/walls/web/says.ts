// What a wall says: the house's words, or the room's own.
import { inOwnWords } from '../../design/web/theme';
import { words, type Say } from '../../design/web/words';
import type { SessionCard } from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

export const sayIn = (language: string, { texts }: SessionCard): Say =>
  inOwnWords(words(language, { fr, en }), texts[language], {
    ask_guest: 'ask',
    ask_yours: 'hashtag',
    thanks_to: 'goodbye',
  });
