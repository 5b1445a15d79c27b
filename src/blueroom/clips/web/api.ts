// The page's requests to /api/v1. Nothing here throws: each answer says what to do next.
import type { AnswerLine, ClipLine } from './wire';

export type Answer<T> =
  | { ok: true; value: T }
  /** Somebody else changed it meanwhile. */
  | { ok: false; kind: 'changed'; message: string; by: string }
  /** Logged out, or no longer of the crew. */
  | { ok: false; kind: 'rights'; message: string }
  /** No answer, or one that asks to try later. */
  | { ok: false; kind: 'unreachable'; message: string }
  /** The server said no, and will again; `message` is a sentence for people. */
  | { ok: false; kind: 'refused'; message: string; code: string };

/** A line of captions; seconds from the clip's beginning. */
export interface Cue {
  start_s: number;
  end_s: number;
  text: string;
}

export interface Captions {
  language: string;
  is_translation: boolean;
  is_checked: boolean;
  source: string;
  revision: number;
  begins_at: string;
  cues: Cue[];
  changed_by: string;
}

/** An answer with what came before and after it. Seconds count from the film's beginning. */
export interface Footage {
  video: string;
  duration_s: number;
  width_px: number;
  height_px: number;
  pieces: { start_s: number; at: string }[];
  frames_s: number[];
  peaks_per_s: number;
  peaks: number[];
  strip: string;
  strip_times_s: number[];
  strip_columns: number;
  strip_width_px: number;
  strip_height_px: number;
}

interface Asked {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: object;
  revision?: number;
  wait_ms?: number;
}

const ANSWER_MS = 10_000;
// An hour's answer takes its time to be cut for looking at.
const FOOTAGE_MS = 120_000;
const CHANGED = new Set(['captions_changed', 'answer_changed', 'stale_revision']);

export class Api {
  constructor(
    private base: string,
    private csrf: string,
  ) {}

  footage(clip: string) {
    return this.ask<Footage>(`/clips/${clip}/footage`, { wait_ms: FOOTAGE_MS });
  }

  adjust(answer: AnswerLine, in_at: string, out_at: string) {
    const body = { in_at, out_at, revision: answer.revision };
    return this.ask<unknown>(`/answers/${answer.id}`, { method: 'PATCH', body });
  }

  change(clip: string, body: { title?: string; crop_x?: number; crop_y?: number }) {
    return this.ask<ClipLine>(`/clips/${clip}`, { method: 'PATCH', body });
  }

  cutAgain(clip: string) {
    return this.ask<ClipLine>(`/clips/${clip}/cut`, { method: 'POST' });
  }

  publish(clip: string, isPublic: boolean) {
    const verb = isPublic ? 'publish' : 'unpublish';
    return this.ask<ClipLine>(`/clips/${clip}/${verb}`, { method: 'POST' });
  }

  render(clip: string, shape: string, language: string | null) {
    return this.ask<ClipLine>(`/clips/${clip}/renders`, {
      method: 'POST',
      body: { shape, language },
    });
  }

  captions(clip: string, language: string) {
    return this.ask<Captions>(`/clips/${clip}/captions/${language}`);
  }

  saveCaptions(clip: string, captions: Captions) {
    const { language, revision, ...body } = captions;
    return this.ask<Captions>(`/clips/${clip}/captions/${language}`, {
      method: 'PUT',
      body,
      revision,
    });
  }

  importCaptions(
    clip: string,
    language: string,
    body: { text: string; name: string; is_translation: boolean },
    revision: number,
  ) {
    return this.ask<Captions>(`/clips/${clip}/captions/${language}/import`, {
      method: 'POST',
      body,
      revision,
    });
  }

  removeCaptions(clip: string, language: string) {
    return this.ask<null>(`/clips/${clip}/captions/${language}`, { method: 'DELETE' });
  }

  hear(clip: string, language: string) {
    return this.ask<ClipLine>(`/clips/${clip}/hearing`, { method: 'POST', body: { language } });
  }

  srtAddress = (clip: string, language: string) =>
    `${this.base}/clips/${clip}/captions/${language}/srt`;

  private async ask<T>(path: string, asked: Asked = {}): Promise<Answer<T>> {
    const { method = 'GET', body, revision, wait_ms = ANSWER_MS } = asked;
    const headers: Record<string, string> = {};
    if (method !== 'GET') headers['X-CSRFToken'] = this.csrf;
    if (method !== 'GET' && method !== 'DELETE') headers['Content-Type'] = 'application/json';
    if (revision !== undefined) headers['If-Match'] = String(revision);
    try {
      const response = await fetch(this.base + path, {
        method,
        headers,
        ...(headers['Content-Type'] ? { body: JSON.stringify(body ?? {}) } : {}),
        credentials: 'same-origin',
        redirect: 'manual', // to a login page: the same as 401
        signal: AbortSignal.timeout(wait_ms),
      });
      if (response.status === 204) return { ok: true, value: null as T };
      if (response.ok) return { ok: true, value: (await response.json()) as T };
      return await refusal(response);
    } catch {
      return { ok: false, kind: 'unreachable', message: '' };
    }
  }
}

type Refusal = Extract<Answer<never>, { ok: false }>;

async function refusal(response: Response): Promise<Refusal> {
  const said = (await response.json().catch(() => ({}))) as {
    code?: string;
    message?: string;
    by?: string;
  };
  const message = said.message ?? '';
  const code = said.code ?? String(response.status);
  if (response.type === 'opaqueredirect' || response.status === 401) {
    return { ok: false, kind: 'rights', message };
  }
  if (CHANGED.has(code)) return { ok: false, kind: 'changed', message, by: said.by ?? '' };
  if (response.status === 429 || response.status >= 500) {
    return { ok: false, kind: 'unreachable', message };
  }
  return { ok: false, kind: 'refused', message, code };
}
