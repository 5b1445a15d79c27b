// Written by `python -m blueroom.config.wire` from audience/wire.py: change it there.

export interface PhoneState {
  session: SessionCard;
  on_air: Card | null;
  answered: Answered[];
  questions: number;
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
}

export interface Card {
  id: number;
  text: string;
  language: string;
  network: string;
  askers: number;
  author: Asker;
}

export interface Asker {
  name: string;
  handle: string;
  place: string;
}

export interface Answered {
  card: Card;
  answer: string;
  answered_at: string;
}

export interface OnAirChanged {
  kind: 'on_air';
  card: Card | null;
}

export interface AnsweredChanged {
  kind: 'answered';
  answered: Answered[];
}

export interface QuestionsCounted {
  kind: 'questions';
  questions: number;
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export type PhoneChange = OnAirChanged | AnsweredChanged | QuestionsCounted | SessionChanged;

export interface OwnQuestion {
  id: number;
  text: string;
  state: string;
  answer: string;
}
