// Written by `python -m blueroom.config.wire` from clips/wire.py: change it there.

export interface ClipsState {
  session: SessionCard;
  answers: AnswerLine[];
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

export interface AnswerLine {
  id: number;
  question_id: number;
  question: string;
  language: string;
  asker: string;
  in_at: string;
  out_at: string | null;
  revision: number;
  clip: ClipLine | null;
}

export interface ClipLine {
  slug: string;
  title: string;
  state: string;
  revision: number;
  is_public: boolean;
  page_url: string;
  video: string;
  poster: string;
  version: string;
  in_at: string | null;
  out_at: string | null;
  duration_s: number;
  width_px: number;
  height_px: number;
  crop_x: number;
  crop_y: number;
  code: string;
  message: string;
  renders: RenderLine[];
  captions: CaptionsLine[];
  hearing: string;
  hearing_progress: number;
  hearing_message: string;
}

export interface RenderLine {
  id: number;
  shape: string;
  language: string;
  state: string;
  progress: number;
  size_bytes: number;
  width_px: number;
  height_px: number;
  path: string;
  code: string;
  message: string;
}

export interface CaptionsLine {
  language: string;
  is_translation: boolean;
  source: string;
  is_checked: boolean;
  revision: number;
  lines: number;
  changed_by: string;
}

export interface AnswersChanged {
  kind: 'answers';
  answers: AnswerLine[];
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export type ClipsChange = AnswersChanged | SessionChanged;
