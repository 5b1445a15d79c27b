// Written by `python -m blueroom.config.wire` from desk/wire.py: change it there.

export interface DeskState {
  session: SessionCard;
  rows: Row[];
  more: boolean;
  counts: Counts;
  channels: ChannelLine[];
  needs_two: boolean;
  crew: Present[];
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

export interface Row {
  id: number;
  text: string;
  original: string;
  translation: string;
  translation_language: string;
  state: string;
  language: string;
  network: string;
  revision: number;
  head: number | null;
  askers: number;
  networks: string[];
  votes: number;
  votes_given: number;
  are_votes_odd: boolean;
  published_at: string;
  author: Asker;
  url: string;
  position: number | null;
  answer: string;
  reasons: Reason[];
  proposal: Proposal | null;
  first_by: string;
  is_sensitive: boolean;
  notes: number;
  last: LastDecision | null;
  reply: ReplyLine | null;
  clarification: Clarifying | null;
}

export interface Asker {
  name: string;
  handle: string;
  place: string;
}

export interface Reason {
  code: string;
  excerpt: string;
  where: string;
  start: number;
  end: number;
}

export interface Proposal {
  id: number;
  text: string;
  score: number;
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

export interface Clarifying {
  state: string;
  text: string;
  url: string;
  code: string;
  message: string;
  by: string;
  at: string;
}

export interface Counts {
  posts: number;
  messages: number;
  questions: number;
  answered: number;
  to_compare: number;
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

export interface Present {
  id: number;
  name: string;
  question: number | null;
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

export interface CrewChanged {
  kind: 'crew';
  crew: Present[];
}

export interface ApprovalChanged {
  kind: 'approval';
  needs_two: boolean;
}

export interface FiltersChanged {
  kind: 'filters';
}

export type DeskChange = QuestionChanged | QuestionGone | CountsChanged | SessionChanged | ChannelsChanged | CrewChanged | ApprovalChanged | FiltersChanged;
