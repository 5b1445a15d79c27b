// Decisions on their way: shown at once, sent one after another, and taken back where the server
// says otherwise. A colleague's decision is never overwritten: each request names the revision it
// was made on.
import type { Say } from '../../design/web/words';
import type { Answer, Api, Verb } from './api';
import { short } from './legible';
import type { Notices } from './notices.svelte';
import type { Rows } from './rows.svelte';
import { byPosition, LEADS, stepsOf } from './rules';
import type { Row } from './wire';

export type Decision = Exclude<Verb, 'undo'>;

/** One thing I did: what the question was before, and how many requests have succeeded. */
interface Deed {
  before: Row;
  verb: Decision;
  requests: number;
}

export interface Surroundings {
  rows: Rows;
  api: Api;
  notices: Notices;
  say: Say;
  /** My name, as the server writes it into decisions. */
  me: string;
  now: () => Date;
  /** The person was logged out, or is no moderator any more. */
  rightsEnded: () => void;
  /** Bring this question under the moderator's eyes. */
  showRow: (id: number) => void;
  /** "Léa approved it 2 s ago" */
  sentenceOn: (row: Row) => string;
}

const RETRY_MS = 1_200;
const REMEMBERED = 200;

export class Decisions {
  /** What I did, oldest first: what U takes back. */
  done = $state.raw<Deed[]>([]);
  /** How many decisions have not been answered yet. */
  pending = $state(0);
  /** True while a request is tried a second time. */
  isStruggling = $state(false);

  private turns = new Map<number, { last: Promise<unknown>; waiting: number }>();
  private mine = new Map<number, number>(); // the revision that my last decision made

  constructor(private around: Surroundings) {}

  /** Takes a decision on what the moderator saw. Failures are told, except those of an answer. */
  take(row: Row, verb: Decision, text?: string): Promise<Answer<Row>> {
    const { rows } = this.around;
    const before = rows.get(row.id) ?? row;
    const deed: Deed = { before, verb, requests: 0 };
    this.done = [...this.done, deed].slice(-REMEMBERED);
    rows.hope(this.imagined(before, verb, text));
    return this.inTurn(row.id, async (revision) => {
      let answer!: Answer<Row>;
      for (const step of stepsOf(verb, before.state)) {
        answer = await this.send(row.id, step, revision, text);
        if (!answer.ok) break;
        deed.requests += 1;
        revision = answer.value.revision;
      }
      if (!deed.requests) this.done = this.done.filter((one) => one !== deed);
      if (!answer.ok && verb !== 'answer') this.tellFailure(before, verb, answer);
      return answer;
    });
  }

  /** Takes my last decision back. */
  async undo(): Promise<void> {
    const { rows, notices, say } = this.around;
    const deed = this.done.at(-1);
    if (!deed) return notices.show('hint', say('undo.nothing'));
    const { before, verb } = deed;
    const { id } = before;
    this.done = this.done.slice(0, -1);
    const now = rows.get(id) ?? before;
    const { state, position } = before;
    rows.hope({ ...now, state, position, last: this.byMe('undo') });
    this.around.showRow(id);
    const answer = await this.inTurn(id, async (revision) => {
      let answer: Answer<Row> | null = null; // null: it had failed, so there is nothing to undo
      while (deed.requests > 0) {
        answer = await this.send(id, 'undo', revision);
        if (!answer.ok) break;
        deed.requests -= 1;
        revision = answer.value.revision;
      }
      return answer;
    }, true);
    if (!answer) return;
    if (answer.ok) return notices.say(say('undo.done', { verb: say(`verb.${verb}`) }));
    if (answer.kind === 'unreachable') this.done = [...this.done, deed];
    this.tellFailure(before, 'undo', answer);
  }

  /** Runs after what is already on its way for that question, with the revision to name. */
  private async inTurn<T>(
    id: number,
    work: (revision: number) => Promise<T>,
    isUndo = false,
  ): Promise<T> {
    const { rows } = this.around;
    const turn = this.turns.get(id) ?? { last: Promise.resolve(), waiting: 0 };
    const isNext = turn.waiting === 0;
    const seen = rows.fromServer(id);
    // What I saw; or what my decision before this one made of it. Nothing but my own is undone.
    const isSeen = isNext && (!isUndo || seen?.last?.by === this.around.me);
    turn.waiting += 1;
    this.pending += 1;
    this.turns.set(id, turn);
    const before = turn.last;
    const result = (async () => {
      await before.catch(() => {});
      const revision = isSeen ? undefined : this.mine.get(id);
      return work(revision ?? seen?.revision ?? 0);
    })();
    turn.last = result;
    try {
      return await result;
    } finally {
      turn.waiting -= 1;
      this.pending -= 1;
      if (!turn.waiting) {
        this.turns.delete(id);
        rows.settle(id);
      }
    }
  }

  /** One request, tried twice where nobody answered. */
  private async send(
    id: number,
    verb: Verb,
    revision: number,
    text?: string,
  ): Promise<Answer<Row>> {
    const { api, rows } = this.around;
    const body = text === undefined ? undefined : { text };
    let answer = await api.decide(id, verb, revision, body);
    if (!answer.ok && answer.kind === 'unreachable') {
      this.isStruggling = true;
      await new Promise((done) => setTimeout(done, RETRY_MS));
      answer = await api.decide(id, verb, revision, body);
      this.isStruggling = false;
      // The first try may have arrived and only its answer been lost.
      if (!answer.ok && answer.kind === 'stale' && this.isMyOwn(answer.question, verb, revision)) {
        answer = { ok: true, value: answer.question! };
      }
    }
    if (answer.ok) {
      rows.put([answer.value]);
      this.mine.set(id, answer.value.revision);
    } else if (answer.kind === 'stale' && answer.question) {
      rows.put([answer.question]);
    } else if (answer.kind === 'rights') {
      this.around.rightsEnded();
    }
    return answer;
  }

  private isMyOwn(row: Row | null, verb: Verb, revision: number): boolean {
    if (!row?.last || row.revision !== revision + 1) return false;
    return row.last.by === this.around.me && row.last.verb === verb.replace('-', '_');
  }

  private imagined(row: Row, verb: Decision, text?: string): Row {
    const state = LEADS[verb];
    return {
      ...row,
      state,
      answer: text ?? row.answer,
      position: state === 'lined_up' ? this.endOfOrder() : null,
      last: this.byMe(verb),
    };
  }

  private endOfOrder(): number {
    const { rows } = this.around;
    const lined = rows.ids.map((id) => rows.get(id)!).filter((row) => row.state === 'lined_up');
    return (lined.sort(byPosition).at(-1)?.position ?? -1) + 1;
  }

  private byMe(verb: Verb): Row['last'] {
    const at = this.around.now().toISOString();
    return { verb: verb.replace('-', '_'), by: this.around.me, at };
  }

  private tellFailure(row: Row, verb: Verb, answer: Answer<Row>): void {
    const { notices, say, rows, showRow, sentenceOn } = this.around;
    if (answer.ok || answer.kind === 'rights') return;
    const show = { label: say('notice.show'), run: () => showRow(row.id) };
    if (answer.kind === 'stale') {
      const now = answer.question ?? rows.fromServer(row.id);
      const text = now ? say('conflict', { what: sentenceOn(now), text: short(row.text) }) : '';
      return notices.show('told', text || answer.message, show);
    }
    const what = { verb: say(`verb.${verb}`), text: short(row.text) };
    if (answer.kind === 'refused') {
      return notices.show('wrong', `${say('refused', what)} ${answer.message}`.trim(), show);
    }
    const again = {
      label: say('notice.again'),
      run: () => {
        if (verb === 'undo') void this.undo();
        else void this.take(rows.get(row.id) ?? row, verb);
      },
    };
    notices.show('wrong', say('unsent', what), again);
  }
}
