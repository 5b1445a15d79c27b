// Written by `python -m blueroom.config.wire` from desk/wire.py: change it there.

export interface DeskState {
  session: SessionCard;
  rows: Row[];
  more: boolean;
  counts: Counts;
  channels: ChannelLine[];
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

export interface Row {
  id: number;
  text: string;
  state: string;
  language: string;
  network: string;
  revision: number;
  askers: number;
  votes: number;
  published_at: string;
  author: Asker;
  url: string;
  position: number | null;
  answer: string;
  last: LastDecision | null;
  reply: ReplyLine | null;
}

export interface Asker {
  name: string;
  handle: string;
  place: string;
}

export interface LastDecision {
  verb: string;
  by: string;
  at: string;
}

export interface ReplyLine {
  state: string;
  url: string;
  code: string;
  message: string;
}

export interface Counts {
  posts: number;
  messages: number;
  questions: number;
  answered: number;
  by_state: Record<string, number>;
  by_network: Record<string, number>;
  curve: number[];
}

export interface ChannelLine {
  network: string;
  state: string;
  behind_s: number;
  message: string;
}

export interface QuestionChanged {
  kind: 'question';
  row: Row;
}

export interface QuestionGone {
  kind: 'gone';
  id: number;
}

export interface CountsChanged {
  kind: 'counts';
  counts: Counts;
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export interface ChannelsChanged {
  kind: 'channels';
  channels: ChannelLine[];
}

export type DeskChange = QuestionChanged | QuestionGone | CountsChanged | SessionChanged | ChannelsChanged;
