// The desk's requests to /api/v1. Nothing here throws: each answer says what to do next.
import type { Asked } from './filters';
import type { Row } from './wire';

export type Verb =
  'approve' | 'hold' | 'reject' | 'later' | 'line-up' | 'air' | 'answer' | 'undo';

/** What is done to a question besides deciding where it goes; each can be undone. */
export type Change =
  'split' | 'accept-group' | 'refuse-group' | 'wording' | 'reword' | 'translate' | 'sensitive';

export interface Note {
  text: string;
  by: string;
  at: string;
}

/** An author whose posts are held. */
export interface Banned {
  author: number;
  name: string;
  handle: string;
  network: string;
  by: string;
  at: string;
}

/** A list in the house's order: for each id, which of the reasons it stands there for. */
export interface HouseOrder {
  version: string;
  ids: number[];
  reasons: string[][];
  why: number[];
}

/** What questions are about: for each id, the place of its theme. */
export interface ToldThemes {
  version: string;
  themes: { key: string; words: string[]; questions: number }[];
  ids: number[];
  of: number[];
}

/** How an author would be asked what they mean; it may go out where there are no problems. */
export interface AskingPreview {
  network: string;
  account: string;
  length: number;
  limit: number;
  problems: Problem[];
}

/** A filter that is kept by name. */
export interface Saved {
  id: number;
  name: string;
  by: string;
  is_shared: boolean;
  may_remove: boolean;
  asked: Asked;
}

export interface Decided {
  done: Row[];
  refused: { id: number; code: string; message: string }[];
}

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

/** A town, region or country. */
export interface PlaceLine {
  code: string;
  level: string;
  country: string;
  name_fr: string;
  name_en: string;
}

/** Where a question's post is on the map; its level is empty where it is nowhere. */
export interface LocationLine {
  level: string;
  source: string;
  place: PlaceLine | null;
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

export type ReplyMedia = 'video' | 'photo' | 'link' | 'none';

/** What stands against a reply; `message` is a sentence for the moderator. */
export interface Problem {
  code: string;
  message: string;
}

/** The clip that may come along with a reply. */
export interface ReplyClip {
  /** private, making, failed or ready. */
  state: string;
  /** 0 to 1, while it is being made. */
  progress: number;
  url: string;
  kind: string;
  poster: string;
  duration_s: number;
  alt: string;
}

/** The picture that may come along with a reply; `url` is the page that shows it. */
export interface ReplyPhoto {
  path: string;
  width_px: number;
  height_px: number;
  url: string;
  alt: string;
}

/** How a reply is wanted; what is left out is as the server proposes. */
export interface Plan {
  text?: string;
  media?: ReplyMedia;
  alt?: string;
  or_link?: boolean;
}

/** A reply as its network will show it, or shows it. */
export interface Preview {
  text: string;
  /** The text without the link. */
  words: string;
  media: ReplyMedia;
  or_link: boolean;
  /** How clip and picture may come along, the proposed way first. */
  choices: ReplyMedia[];
  /** Why the video or the picture may not. */
  obstacles: Problem[];
  clip: ReplyClip | null;
  photo: ReplyPhoto | null;
  parts: { text: string; kind: string; href: string }[];
  length: number;
  limit: number | null;
  unit: string;
  /** How many more people of the question's group get it. */
  others: number;
  network: string;
  account: string;
  problems: Problem[];
  /** Empty before anybody asked for it to go out. */
  state: string;
  url: string;
  code: string;
  /** What to do where it failed, or what it waits for. */
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
const UPLOAD_MS = 180_000; // 11 MB at 0.5 Mbit/s

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

  change(id: number, change: Change, revision: number, body: object = {}) {
    return this.post<Row>(`/questions/${id}/${change}`, body, revision);
  }

  decideMany(verb: Verb, questions: { id: number; revision: number }[]) {
    return this.post<Decided>(`/sessions/${this.slug}/decide`, { verb, questions });
  }

  merge(headId: number, ids: number[]) {
    return this.post<Row>(`/questions/${headId}/merge`, { ids });
  }

  group(id: number) {
    return this.get<Row[]>(`/questions/${id}/group`);
  }

  notes(id: number) {
    return this.get<Note[]>(`/questions/${id}/notes`);
  }

  writeNote(id: number, text: string) {
    return this.post<Note>(`/questions/${id}/notes`, { text });
  }

  ban(id: number) {
    return this.post<Row[]>(`/questions/${id}/ban`);
  }

  bans() {
    return this.get<Banned[]>(`/sessions/${this.slug}/bans`);
  }

  liftBan(author: number) {
    const headers = { 'X-CSRFToken': this.csrf };
    const path = `/sessions/${this.slug}/bans/${author}`;
    return this.ask<Row[]>(path, { method: 'DELETE', headers });
  }

  here(question: number | null) {
    return this.post<null>(`/sessions/${this.slug}/here`, { question });
  }

  move(id: number, position: number) {
    return this.post<Row>(`/questions/${id}/move`, { position });
  }

  takeDown() {
    return this.post<unknown>(`/sessions/${this.slug}/off-air`);
  }

  /** The answer begins, or ends, now. */
  mark<T>(questionId: number, which: 'in' | 'out') {
    return this.post<T>(`/questions/${questionId}/answers/${which}`);
  }

  /** A picture as the answer; `onShare` is told how much of it is sent, 0 to 1. */
  addPhoto<T>(questionId: number, photo: { data: string; alt: string }, onShare: (share: number) => void) {
    return this.upload<T>(`/questions/${questionId}/answers/photo`, photo, onShare);
  }

  describePhoto<T>(answerId: number, alt: string) {
    const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': this.csrf };
    const body = JSON.stringify({ alt });
    return this.ask<T>(`/answers/${answerId}/alt`, { method: 'PUT', headers, body });
  }

  removeAnswer(answerId: number) {
    const headers = { 'X-CSRFToken': this.csrf };
    return this.ask<null>(`/answers/${answerId}`, { method: 'DELETE', headers });
  }

  /** A message of the crew to the guest. */
  tellGuest<T>(text: string) {
    return this.post<T>(`/sessions/${this.slug}/say`, { text });
  }

  turnSession(verb: 'open' | 'start' | 'close') {
    return this.post<unknown>(`/sessions/${this.slug}/${verb}`);
  }

  questions(query: Query) {
    return this.get<Page<Row>>(`/sessions/${this.slug}/questions`, { order: 'newest', ...query });
  }

  /** Null where the version at hand still stands. */
  order(query: Query) {
    return this.get<HouseOrder | null>(`/sessions/${this.slug}/order`, query);
  }

  /** Null where the version at hand still stands. */
  themes(since: string) {
    return this.get<ToldThemes | null>(`/sessions/${this.slug}/themes`, { since });
  }

  countQuestions(query: Query) {
    return this.get<{ count: number }>(`/sessions/${this.slug}/questions/count`, query);
  }

  filters() {
    return this.get<Saved[]>(`/sessions/${this.slug}/filters`);
  }

  /** By the name of one's own filter it replaces that. */
  saveFilter(name: string, asked: Asked, is_shared: boolean) {
    return this.post<Saved>(`/sessions/${this.slug}/filters`, { name, asked, is_shared });
  }

  removeFilter(id: number) {
    const headers = { 'X-CSRFToken': this.csrf };
    return this.ask<null>(`/sessions/${this.slug}/filters/${id}`, { method: 'DELETE', headers });
  }

  messages(query: Query) {
    const kinds = { kind: 'message', order: 'newest' };
    return this.get<Page<PostLine>>(`/sessions/${this.slug}/posts`, { ...kinds, ...query });
  }

  places(q: string) {
    return this.get<PlaceLine[]>(`/sessions/${this.slug}/places`, { q });
  }

  location(id: number) {
    return this.get<LocationLine>(`/questions/${id}/location`);
  }

  locate(id: number, code: string) {
    const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': this.csrf };
    const body = JSON.stringify({ code });
    return this.ask<LocationLine>(`/questions/${id}/location`, { method: 'PUT', headers, body });
  }

  promote(postId: number) {
    return this.post<Row>(`/posts/${postId}/promote`);
  }

  /** The reply as it stands; with a plan, as it would be (nothing is kept). */
  preview(id: number, { text, media, alt }: Plan = {}) {
    return this.get<Preview>(`/questions/${id}/reply`, { text, media, alt });
  }

  publish(id: number, plan: Plan) {
    // The server waits for the network.
    return this.post<Sent>(`/questions/${id}/reply`, plan, undefined, PUBLISH_MS);
  }

  takeBack(id: number) {
    // The server waits for the network here too.
    const headers = { 'X-CSRFToken': this.csrf };
    return this.ask<Sent>(`/questions/${id}/reply`, { method: 'DELETE', headers }, PUBLISH_MS);
  }

  /** How the author of a question would be asked what they mean. */
  previewAsking(id: number, text: string) {
    return this.get<AskingPreview>(`/questions/${id}/clarification`, { text });
  }

  askAuthor(id: number, text: string) {
    return this.post<Row>(`/questions/${id}/clarification`, { text });
  }

  takeBackAsking(id: number) {
    // The server waits for the network.
    const headers = { 'X-CSRFToken': this.csrf };
    return this.ask<Row>(`/questions/${id}/clarification`, { method: 'DELETE', headers }, PUBLISH_MS);
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

  private async upload<T>(path: string, body: object, onShare: (share: number) => void): Promise<Answer<T>> {
    try {
      // fetch does not tell how much is sent.
      const response = await new Promise<Response>((done, failed) => {
        const request = new XMLHttpRequest();
        request.open('POST', this.base + path);
        request.setRequestHeader('Content-Type', 'application/json');
        request.setRequestHeader('X-CSRFToken', this.csrf);
        request.timeout = UPLOAD_MS;
        request.upload.onprogress = ({ loaded, total }) => onShare(total ? loaded / total : 0);
        request.onload = () => done(new Response(request.responseText, { status: request.status }));
        request.onerror = request.ontimeout = failed;
        request.send(JSON.stringify(body));
      });
      return await this.read<T>(response);
    } catch {
      return { ok: false, kind: 'unreachable', message: '' };
    }
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
      return await this.read<T>(response);
    } catch {
      return { ok: false, kind: 'unreachable', message: '' };
    }
  }

  private async read<T>(response: Response): Promise<Answer<T>> {
    if (response.status === 204) return { ok: true, value: null as T };
    if (response.ok) return { ok: true, value: (await response.json()) as T };
    const refused = await refusal(response);
    // A single thing may be above one's role while the desk is not: only its door knows.
    const isOut = refused.kind === 'rights' && (await this.isShutOut());
    return refused.kind !== 'rights' || isOut
      ? refused
      : { ok: false, kind: 'refused', message: refused.message, code: 'not_allowed' };
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
