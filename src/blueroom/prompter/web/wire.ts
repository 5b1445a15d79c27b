// Written by `python -m blueroom.config.wire` from prompter/wire.py: change it there.

export interface PrompterState {
  session: SessionCard;
  on_air: Prompt | null;
  next: Prompt[];
  messages: MessageCard[];
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

export interface Prompt {
  card: Card;
  revision: number;
  on_air_at: string | null;
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

export interface MessageCard {
  id: number;
  text: string;
  sent_at: string;
  is_seen: boolean;
}

export interface OnAirChanged {
  kind: 'on_air';
  prompt: Prompt | null;
}

export interface NextChanged {
  kind: 'next';
  prompts: Prompt[];
}

export interface MessagesChanged {
  kind: 'messages';
  messages: MessageCard[];
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export type PrompterChange = OnAirChanged | NextChanged | MessagesChanged | SessionChanged;
