// The studio's requests to /api/v1. Nothing here throws: each answer says what to do next.
import type { AnswerLine, FeedLine, MessageLine, ProgrammeCard } from './wire';

export type Answer<T> =
  | { ok: true; value: T }
  /** `rights`: logged out, or not allowed. `unreachable`: no answer. `refused`: a sentence why. */
  | { ok: false; kind: 'rights' | 'unreachable' | 'refused'; message: string; code: string };

export interface Addresses {
  page_url: string;
  rtmp_url: string;
  stream_key: string;
  whip_url: string;
}

/** A question that the person of a feed may ask. */
export interface Tied {
  id: number;
  text: string;
  state: string;
  name: string;
}

export type FeedStep = 'test' | 'admit' | 'refuse' | 'end' | 'renew';
export type Kind = 'guest' | 'camera' | 'fan';

const ANSWER_MS = 10_000;

export class Api {
  constructor(
    private base: string,
    private slug: string,
    private csrf: string,
  ) {}

  goLive = (feed_id?: number) => this.post<ProgrammeCard>(this.programme('live'), { feed_id });
  slate = () => this.post<ProgrammeCard>(this.programme('slate'));
  stop = () => this.post<ProgrammeCard>(this.programme('stop'));
  dump = () => this.post<{ dumped_s: number }>(this.programme('dump'));

  changeProgramme(change: Partial<Pick<ProgrammeCard, 'delay_s' | 'least_delay_s' | 'is_muted'>>) {
    return this.ask<ProgrammeCard>('PATCH', `/sessions/${this.slug}/programme`, change);
  }

  makeFeed = (kind: Kind, name: string) =>
    this.post<FeedLine>(`/sessions/${this.slug}/feeds`, { kind, name });
  addresses = (id: number) => this.ask<Addresses>('GET', `/feeds/${id}/addresses`);
  changeFeed = (id: number, change: Partial<Pick<FeedLine, 'name' | 'is_on_wall'>>) =>
    this.ask<FeedLine>('PATCH', `/feeds/${id}`, change);
  stepFeed = (id: number, step: FeedStep) => this.post<FeedLine>(`/feeds/${id}/${step}`);
  say = (id: number, text: string) => this.post<MessageLine>(`/feeds/${id}/say`, { text });
  /** What the person of a feed may ask. */
  questions = (id: number) => this.ask<Tied[]>('GET', `/feeds/${id}/questions`);
  tie = (id: number, question_id: number | null) =>
    this.ask<FeedLine>('PUT', `/feeds/${id}/question`, { question_id });

  /** `at`: when the picture was taken at which it was marked; null: now. */
  mark(question_id: number, which: 'in' | 'out', at: Date | null) {
    const body = at ? { at: at.toISOString() } : {};
    return this.post<AnswerLine>(`/questions/${question_id}/answers/${which}`, body);
  }

  forget = (answer_id: number) => this.ask<null>('DELETE', `/answers/${answer_id}`);

  private programme = (verb: string) => `/sessions/${this.slug}/programme/${verb}`;

  private post = <T>(path: string, body: object = {}) => this.ask<T>('POST', path, body);

  private async ask<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    try {
      const response = await fetch(this.base + path, {
        method,
        headers: { 'Content-Type': 'application/json', 'X-CSRFToken': this.csrf },
        credentials: 'same-origin',
        redirect: 'manual', // to a login page: the same as 401
        signal: AbortSignal.timeout(ANSWER_MS),
        ...(body && { body: JSON.stringify(body) }),
      });
      if (response.status === 204) return { ok: true, value: null as T };
      if (response.ok) return { ok: true, value: (await response.json()) as T };
      return await refusal(response);
    } catch {
      return { ok: false, kind: 'unreachable', message: '', code: '' };
    }
  }
}

type Refusal = Extract<Answer<never>, { ok: false }>;

async function refusal(response: Response): Promise<Refusal> {
  const said = (await response.json().catch(() => ({}))) as { code?: string; message?: string };
  const { message = '', code = String(response.status) } = said;
  const isOut = response.type === 'opaqueredirect' || [401, 403].includes(response.status);
  if (isOut) return { ok: false, kind: 'rights', message, code };
  const later = response.status === 429 || response.status >= 500;
  return { ok: false, kind: later ? 'unreachable' : 'refused', message, code };
}
