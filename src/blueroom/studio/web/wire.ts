// Written by `python -m blueroom.config.wire` from studio/wire.py: change it there.

export interface StudioState {
  session: SessionCard;
  programme: ProgrammeCard;
  feeds: FeedLine[];
  answers: AnswerLine[];
  messages: MessageLine[];
  on_air: Card | null;
  next: Card[];
  disk: Room;
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

export interface ProgrammeCard {
  state: string;
  feed_id: number | null;
  delay_s: number;
  least_delay_s: number;
  is_muted: boolean;
  started_at: string | null;
  hls: string;
  changed_by: string;
}

export interface FeedLine {
  id: number;
  kind: string;
  name: string;
  state: string;
  way: string;
  connected_at: string | null;
  width_px: number;
  height_px: number;
  is_on_air: boolean;
  is_on_wall: boolean;
  monitor: string;
  whep: string;
  question_id: number | null;
  question: string;
  code: string;
  message: string;
}

export interface AnswerLine {
  id: number;
  question_id: number;
  question: string;
  kind: string;
  feed_id: number | null;
  in_at: string;
  out_at: string | null;
  revision: number;
  clip_state: string;
  clip_path: string;
  is_clip_public: boolean;
  photo: PhotoCard | null;
}

export interface PhotoCard {
  path: string;
  alt: string;
  width_px: number;
  height_px: number;
}

export interface MessageLine {
  id: number;
  feed_id: number | null;
  to: string;
  text: string;
  sent_by: string;
  sent_at: string;
  delivered_at: string | null;
  seen_at: string | null;
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

export interface Room {
  free_bytes: number;
  is_low: boolean;
  is_full: boolean;
}

export interface ProgrammeChanged {
  kind: 'programme';
  programme: ProgrammeCard;
}

export interface FeedsChanged {
  kind: 'feeds';
  feeds: FeedLine[];
  disk: Room;
}

export interface AnswersChanged {
  kind: 'answers';
  answers: AnswerLine[];
}

export interface MessagesChanged {
  kind: 'messages';
  messages: MessageLine[];
}

export interface QuestionsChanged {
  kind: 'questions';
  on_air: Card | null;
  next: Card[];
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export interface FeedFigures {
  kind: 'figures';
  id: number;
  video_kbps: number;
  fps: number;
  rms_db: number;
  peak_db: number;
  lost: number;
}

export type StudioChange = ProgrammeChanged | FeedsChanged | AnswersChanged | MessagesChanged | QuestionsChanged | SessionChanged | FeedFigures;

export interface MessageCard {
  id: number;
  text: string;
  sent_at: string;
  is_seen: boolean;
}
