// Written by `python -m blueroom.config.wire` from walls/wire.py: change it there.

export interface WallState {
  session: SessionCard;
  on_air: Card | null;
  next: Card[];
  counts: WallCounts;
  scenes: SceneLine[];
  voices: Card[];
  answered: Answered[];
  live: LiveCard | null;
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

export interface WallCounts {
  posts: number;
  questions: number;
  answered: number;
  curve: number[];
}

export interface SceneLine {
  link_id: number;
  scene: string;
  layout: string;
  focus_id: number | null;
  advance_s: number;
  since: string;
  until: string | null;
  then: string;
}

export interface Answered {
  card: Card;
  answer: string;
  answered_at: string;
}

export interface LiveCard {
  state: string;
  hls: string;
}

export interface OnAirChanged {
  kind: 'on_air';
  card: Card | null;
}

export interface NextChanged {
  kind: 'next';
  cards: Card[];
}

export interface WallCountsChanged {
  kind: 'counts';
  counts: WallCounts;
}

export interface ScenesChanged {
  kind: 'scenes';
  scenes: SceneLine[];
}

export interface VoicesChanged {
  kind: 'voices';
  cards: Card[];
}

export interface AnsweredChanged {
  kind: 'answered';
  answered: Answered[];
}

export interface LiveChanged {
  kind: 'live';
  live: LiveCard | null;
}

export interface SessionChanged {
  kind: 'session';
  session: SessionCard;
}

export type WallChange = OnAirChanged | NextChanged | WallCountsChanged | ScenesChanged | VoicesChanged | AnsweredChanged | LiveChanged | SessionChanged;

export interface VideosState {
  session: SessionCard;
  programme: WallProgramme | null;
  tiles: Tile[];
  relays: RelayTile[];
  on_air: Card | null;
}

export interface WallProgramme {
  state: string;
  hls: string;
  feed_id: number | null;
  name: string;
  kind: string;
  monitor: string;
}

export interface Tile {
  id: number;
  name: string;
  kind: string;
  question: string;
  hls: string;
  is_on_air: boolean;
  width_px: number;
  height_px: number;
}

export interface RelayTile {
  id: number;
  name: string;
  place: string;
  version: string;
  is_large: boolean;
  is_heard: boolean;
}

export interface RelaysChanged {
  kind: 'relays';
  relays: RelayTile[];
}

export interface ProgrammeChanged {
  kind: 'programme';
  programme: WallProgramme | null;
}

export interface TilesChanged {
  kind: 'tiles';
  tiles: Tile[];
}

export type VideosChange = RelaysChanged | ProgrammeChanged | TilesChanged | OnAirChanged | SessionChanged;

export interface HeatState {
  session: SessionCard;
  counts: HeatCounts;
  moments: Moment[];
  revision: number;
}

export interface HeatCounts {
  posts: number;
  from_at: string | null;
  curve: number[];
}

export interface Moment {
  kind: string;
  at: string;
  text: string;
}

export interface HeatCountsChanged {
  kind: 'counts';
  counts: HeatCounts;
}

export interface MomentsChanged {
  kind: 'moments';
  moments: Moment[];
}

export interface PointsChanged {
  kind: 'points';
  id: number;
  since: number;
  is_whole: boolean;
  added: number[];
  places: HeatPlace[];
}

export interface HeatPlace {
  code: string;
  level: string;
  fr: string;
  en: string;
  lat: number;
  lon: number;
}

export type HeatChange = HeatCountsChanged | MomentsChanged | PointsChanged | SessionChanged;

export interface PointsHead {
  revision: number;
  since: number;
  added: Part;
  gone: Part;
  places: HeatPlace[];
}

export interface Part {
  count: number;
  began_s: number;
  jumps: number[][];
}
