// What a video's frame and the page around it say to one another. Both are of our own origin.

/** By the frame: whether the picture moves, as far as can be known, and its width to height. */
export interface FrameSays {
  there: boolean;
  ratio: number | null;
  /** The browser lets nobody hear it without a click. */
  isSilenced: boolean;
}

/** By the page around it. */
export interface FrameHears {
  heard: boolean;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export function readSaid(data: unknown): FrameSays | null {
  if (!isObject(data) || typeof data.there !== 'boolean') return null;
  const ratio = typeof data.ratio === 'number' && data.ratio > 0 ? data.ratio : null;
  return { there: data.there, ratio, isSilenced: data.isSilenced === true };
}

export const readHeard = (data: unknown): boolean | null =>
  isObject(data) && typeof data.heard === 'boolean' ? data.heard : null;

// YouTube's player, as its own script speaks to it over postMessage:
// https://developers.google.com/youtube/iframe_api_reference (commands, states, errors), read 2026-11
export const YOUTUBE_LISTENING = JSON.stringify({ event: 'listening', id: 1, channel: 'widget' });

export const youtubeCommand = (func: 'mute' | 'unMute' | 'playVideo') =>
  JSON.stringify({ event: 'command', func, args: [] });

const [ENDED, PLAYING, PAUSED, BUFFERING] = [0, 1, 2, 3];

/** Whether there is a picture, from what the player said; null where that says nothing of it. */
export function youtubeSays(data: unknown): boolean | null {
  let said: unknown;
  try {
    said = typeof data === 'string' ? JSON.parse(data) : null;
  } catch {
    return null;
  }
  if (!isObject(said)) return null;
  if (said.event === 'onError') return false;
  const state = said.event === 'onStateChange' ? said.info : isObject(said.info) ? said.info.playerState : null;
  if (state === PLAYING || state === BUFFERING) return true;
  return state === ENDED || state === PAUSED ? false : null;
}
