// The desk's requests to /api/v1. Nothing here throws: each answer says what to do next.
import type { Row } from './wire';

export type Verb =
  'approve' | 'hold' | 'reject' | 'later' | 'line-up' | 'air' | 'answer' | 'undo';

export type Answer<T> =
  | { ok: true; value: T }
  /** Somebody decided meanwhile; `question` is what stands now. */
  | { ok: false; kind: 'stale'; message: string; question: Row | null }
  /** Logged out, or no longer a moderator. */
  | { ok: false; kind: 'rights'; message: string }
  /** No answer, or one that asks to try later: the decision may or may not have arrived. */
  | { ok: false; kind: 'unreachable'; message: string }
  /** The server said no, and will again; `message` is a sentence for the moderator. */
  | { ok: false; kind: 'refused'; message: string; code: string };

export interface Page<T> {
  items: T[];
  next: string | number | null;
}

/** A post that asks nothing; `question_id` once a question was made of it here. */
export interface PostLine {
  id: number;
  text: string;
  network: string;
  author: { name: string; handle: string; place: string };
  published_at: string;
  url: string;
  question_id?: number;
}

/** A reply as its network will show it, or shows it. */
export interface Preview {
  text: string;
  parts: { text: string; kind: string; href: string }[];
  length: number;
  limit: number | null;
  unit: string;
  network: string;
  account: string;
  problems: { code: string; message: string }[];
  /** Empty before anybody asked for it to go out. */
  state: string;
  url: string;
  /** What to do, where it failed. */
  message: string;
}

/** Where a reply stands; `text` is what went out, or will. */
export interface Sent {
  state: string;
  text: string;
  url: string;
  message: string;
}

type Query = Record<string, string | number | null | undefined>;

const ANSWER_MS = 10_000;
const PUBLISH_MS = 60_000;

export class Api {
  constructor(
    private base: string,
    private slug: string,
    private csrf: string,
    private ticketUrl: string | null,
  ) {}

  decide(id: number, verb: Verb, revision: number, body?: { text: string }) {
    return this.post<Row>(`/questions/${id}/${verb}`, body, revision);
  }

  move(id: number, position: number) {
    return this.post<Row>(`/questions/${id}/move`, { position });
  }

  takeDown() {
    return this.post<unknown>(`/sessions/${this.slug}/off-air`);
  }

  turnSession(verb: 'open' | 'start' | 'close') {
    return this.post<unknown>(`/sessions/${this.slug}/${verb}`);
  }

  questions(query: Query) {
    return this.get<Page<Row>>(`/sessions/${this.slug}/questions`, { order: 'newest', ...query });
  }

  messages(query: Query) {
    const kinds = { kind: 'message', order: 'newest' };
    return this.get<Page<PostLine>>(`/sessions/${this.slug}/posts`, { ...kinds, ...query });
  }

  promote(postId: number) {
    return this.post<Row>(`/posts/${postId}/promote`);
  }

  /** The reply as it stands; with `text`, as it would be with that text (nothing is kept). */
  preview(id: number, text?: string) {
    return this.get<Preview>(`/questions/${id}/reply`, { text });
  }

  publish(id: number, text?: string) {
    const body = text === undefined ? {} : { text };
    // The server waits for the network.
    return this.post<Sent>(`/questions/${id}/reply`, body, undefined, PUBLISH_MS);
  }

  takeBack(id: number) {
    // The server waits for the network here too.
    const headers = { 'X-CSRFToken': this.csrf };
    return this.ask<Sent>(`/questions/${id}/reply`, { method: 'DELETE', headers }, PUBLISH_MS);
  }

  private async isShutOut(): Promise<boolean> {
    if (!this.ticketUrl) return true;
    return isShut(await fetch(this.ticketUrl, { cache: 'no-store', redirect: 'manual' }));
  }

  private get<T>(path: string, query: Query = {}): Promise<Answer<T>> {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null && value !== '') asked.set(name, String(value));
    }
    return this.ask<T>(asked.size ? `${path}?${asked}` : path, { method: 'GET' });
  }

  private post<T>(
    path: string,
    body: object = {},
    revision?: number,
    wait_ms?: number,
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'X-CSRFToken': this.csrf,
    };
    if (revision !== undefined) headers['If-Match'] = String(revision);
    return this.ask<T>(path, { method: 'POST', headers, body: JSON.stringify(body) }, wait_ms);
  }

  private async ask<T>(
    path: string,
    request: RequestInit,
    wait_ms = ANSWER_MS,
  ): Promise<Answer<T>> {
    try {
      const response = await fetch(this.base + path, {
        ...request,
        credentials: 'same-origin',
        redirect: 'manual', // to a login page: the same as 401
        signal: AbortSignal.timeout(wait_ms),
      });
      if (response.status === 204) return { ok: true, value: null as T };
      if (response.ok) return { ok: true, value: (await response.json()) as T };
      const refused = await refusal(response);
      // A single thing may be above one's role while the desk is not: only its door knows.
      const isOut = refused.kind === 'rights' && (await this.isShutOut());
      return refused.kind !== 'rights' || isOut
        ? refused
        : { ok: false, kind: 'refused', message: refused.message, code: 'not_allowed' };
    } catch {
      return { ok: false, kind: 'unreachable', message: '' };
    }
  }
}

// A redirect leads to the login page.
const isShut = (response: Response) =>
  response.type === 'opaqueredirect' || response.status === 401 || response.status === 403;

type Refusal = Extract<Answer<never>, { ok: false }>;

async function refusal(response: Response): Promise<Refusal> {
  const said = (await response.json().catch(() => ({}))) as {
    code?: string;
    message?: string;
    question?: Row;
  };
  const message = said.message ?? '';
  const code = said.code ?? String(response.status);
  if (isShut(response)) {
    return { ok: false, kind: 'rights', message };
  }
  if (code === 'stale_revision') {
    return { ok: false, kind: 'stale', message, question: said.question ?? null };
  }
  if (response.status === 429 || response.status >= 500) {
    return { ok: false, kind: 'unreachable', message };
  }
  return { ok: false, kind: 'refused', message, code };
}
