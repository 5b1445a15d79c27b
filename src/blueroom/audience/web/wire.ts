// Written by `python -m blueroom.config.wire` from audience/wire.py: change it there.

export interface PhoneState {
  session: SessionCard;
  on_air: Card | null;
  answered: AnsweredCard[];
  up_for_vote: VoteCard[];
  questions: number;
  questions_answered: number;
  live: LiveCard | null;
  hearts_total: number;
}

export interface SessionCard {
  slug: string;
  title: string;
  guest: string;
  room: string;
  hashtags: string[];
  languages: string[];
  state: string;
  starts_at: string;
  planned_minutes: number;
  on_air_at: string | null;
  is_rehearsal: boolean;
  is_dark: boolean;
  phone_url: string;
  theme: string;
  takes_votes: boolean;
  takes_hearts: boolean;
  shows_counts: boolean;
  texts: Record<string, RoomTexts>;
}

export interface RoomTexts {
  name: string;
  hashtag: string;
  ask: string;
  goodbye: string;
}

export interface Card {
  id: number;
  text: string;
  language: string;
  network: string;
  askers: number;
  author: Asker;
  translation: string;
  translation_language: string;
}

export interface Asker {
  name: string;
  handle: string;
  place: string;
}

export interface AnsweredCard {
  card: Card;
  answer: string;
  answered_at: string;
  clip: string;
  photo: PhotoCard | null;
}

export interface PhotoCard {
  path: string;
  alt: string;
  width_px: number;
  height_px: number;
}

export interface VoteCard {
  card: Card;
  votes: number;
}

export interface LiveCard {
  state: string;
  hls: string;
}

export interface OnAirChanged {
  kind: 'on_air';
  card: Card | null;
}

export interface AnsweredChanged {
  kind: 'answered';
  answered: AnsweredCard[];
}

export interface UpForVoteChanged {
  kind: 'up_for_vote';
  id: number;
  entry: VoteCard | null;
}

export interface VotesCounted {
  kind: 'votes';
  id: number;
  votes: number;
}

export interface QuestionsCounted {
  kind: 'questions';
  questions: number;
  answered: number;
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export interface LiveChanged {
  kind: 'live';
  live: LiveCard | null;
}

export interface HeartsChanged {
  kind: 'hearts';
  id: string;
  hearts: number;
  total: number;
}

export type PhoneChange = OnAirChanged | AnsweredChanged | UpForVoteChanged | VotesCounted | QuestionsCounted | SessionChanged | LiveChanged | HeartsChanged;

export interface OwnQuestion {
  id: number;
  text: string;
  state: string;
  others: number;
  votes: number;
  answer: string;
  clip: string;
  clarification: string;
  photo: PhotoCard | null;
}
