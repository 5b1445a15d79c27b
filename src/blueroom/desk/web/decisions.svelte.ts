// Decisions on their way: shown at once, sent one after another, and taken back where the server
// says otherwise. A colleague's decision is never overwritten: each request names the revision it
// was made on.
import type { Say } from '../../design/web/words';
import type { Answer, Api, Change, Decided, Verb } from './api';
import { short } from './legible';
import type { Notices } from './notices.svelte';
import type { Rows } from './rows.svelte';
import { byPosition, isApproved, LEADS, stepsOf } from './rules';
import type { Row } from './wire';

export type Decision = Exclude<Verb, 'undo'>;

/** One thing I did: what the question was before, and how many requests have succeeded. */
interface Deed {
  before: Row;
  verb: Decision | Change | 'merge';
  requests: number;
  /** All of them, where it was done to many at once. */
  many?: Row[];
}

export interface Surroundings {
  rows: Rows;
  api: Api;
  notices: Notices;
  say: Say;
  /** My name, as the server writes it into decisions. */
  me: string;
  /** Whether each question has to be approved by two people. */
  needsTwo: () => boolean;
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

  /** Changes a question without moving it. Failures are told. */
  async change(row: Row, change: Change, body: object = {}): Promise<Answer<Row>> {
    const deed: Deed = { before: row, verb: change, requests: 1 };
    const answer = await this.inTurn(row.id, (revision) =>
      this.keep(row.id, this.around.api.change(row.id, change, revision, body)),
    );
    if (answer.ok) this.done = [...this.done, deed].slice(-REMEMBERED);
    else this.tellFailure(row, change, answer);
    return answer;
  }

  /** One decision on many questions, each on what I saw of it. */
  async takeMany(found: Row[], verb: 'approve' | 'hold' | 'later' | 'reject'): Promise<void> {
    const { rows, say, notices } = this.around;
    for (const row of found) rows.hope(this.imagined(row, verb));
    const decided = await this.sendMany(found, verb);
    for (const row of found) rows.settle(row.id);
    if (!decided) return;
    const done = found.filter((row) => decided.done.some((one) => one.id === row.id));
    if (done.length) {
      const deed: Deed = { before: done[0]!, verb, requests: 1, many: done };
      this.done = [...this.done, deed].slice(-REMEMBERED);
      notices.say(say('many.done', { n: done.length, verb: say(`verb.${verb}`) }));
    }
    this.tellRefused(decided);
  }

  /** Puts the others into the group of the first. */
  async merge(head: Row, others: Row[]): Promise<void> {
    const { rows, api, say, notices } = this.around;
    this.pending += 1;
    const ids = others.map((row) => row.id);
    const answer = await this.keep(head.id, api.merge(head.id, ids));
    this.pending -= 1;
    if (!answer.ok) return this.tellFailure(head, 'merge', answer);
    const merged = others.map((row) => ({ ...(rows.fromServer(row.id) ?? row) }));
    const deed: Deed = { before: merged[0] ?? head, verb: 'merge', requests: 1, many: merged };
    this.done = [...this.done, deed].slice(-REMEMBERED);
    notices.say(say('merge.done', { n: answer.value.askers }));
  }

  private async sendMany(found: Row[], verb: Verb): Promise<Decided | null> {
    const { rows, api, say, notices } = this.around;
    this.pending += 1;
    const questions = found.map(({ id, revision }) => ({
      id,
      revision: verb === 'undo' ? (rows.fromServer(id)?.revision ?? revision) : revision,
    }));
    const answer = await api.decideMany(verb, questions);
    this.pending -= 1;
    if (answer.ok) {
      rows.put(answer.value.done);
      return answer.value;
    }
    if (answer.kind === 'rights') this.around.rightsEnded();
    else notices.show('wrong', answer.message || say('unreachable'));
    return null;
  }

  private tellRefused({ refused }: Decided): void {
    const { notices, say } = this.around;
    if (refused.length) notices.show('told', say('many.refused', { n: refused.length }));
  }

  /** Takes my last decision back. */
  async undo(): Promise<void> {
    const { rows, notices, say } = this.around;
    const deed = this.done.at(-1);
    if (!deed) return notices.show('hint', say('undo.nothing'));
    if (deed.many) {
      this.done = this.done.slice(0, -1);
      const decided = await this.sendMany(deed.many, 'undo');
      if (!decided) return void (this.done = [...this.done, deed]);
      notices.say(say('undo.done', { verb: say(`verb.${deed.verb}`) }));
      return this.tellRefused(decided);
    }
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
    const { api } = this.around;
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
    return this.keep(id, Promise.resolve(answer));
  }

  /** Takes in what the server answered. */
  private async keep(id: number, asked: Promise<Answer<Row>>): Promise<Answer<Row>> {
    const { rows } = this.around;
    const answer = await asked;
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
    const isFirst = verb === 'approve' && row.last.verb === 'approve_1st';
    const isSame = isFirst || row.last.verb === verb.replace('-', '_');
    return row.last.by === this.around.me && isSame;
  }

  private imagined(row: Row, verb: Decision, text?: string): Row {
    const { needsTwo, me } = this.around;
    const isFirst = verb === 'approve' && needsTwo() && !isApproved(row.state) && !row.first_by;
    if (isFirst) return { ...row, first_by: me, last: this.byMe('approve') };
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

  private tellFailure(row: Row, verb: Verb | Change | 'merge', answer: Answer<Row>): void {
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
        else if (verb in LEADS) void this.take(rows.get(row.id) ?? row, verb as Decision);
      },
    };
    notices.show('wrong', say('unsent', what), verb === 'undo' || verb in LEADS ? again : show);
  }
}
