// What the desk knows and does: questions, filters, selection, running order. No markup here.
import { type Boot, sourceOf } from '../../design/web/boot';
import { follow, type Following, type Status } from '../../design/web/live';
import { Panic, type PanicBoot } from '../../design/web/panic.svelte';
import { Slate, type SlateState } from '../../design/web/slate.svelte';
import { nameOf } from '../../design/web/theme';
import { clock } from '../../design/web/time.svelte';
import { words, type Say } from '../../design/web/words';
import { ages } from './ages';
import { Answering } from './answering.svelte';
import { Api, type Change } from './api';
import { Beside } from './beside.svelte';
import { Crew } from './crew.svelte';
import { type Decision, Decisions } from './decisions.svelte';
import { meets } from './filters';
import { Filters } from './filters.svelte';
import { legible } from './legible';
import { Marks } from './marks.svelte';
import { Messages } from './messages.svelte';
import { Notices } from './notices.svelte';
import { Older } from './older.svelte';
import { Order } from './order.svelte';
import { Rows } from './rows.svelte';
import { Screens } from './screens.svelte';
import { Themes } from './themes.svelte';
import {
  BEHIND,
  byAskers,
  byPosition,
  type Deed,
  type Filter,
  isApproved,
  isListed,
  matches,
  obstacle,
  orderOf,
  reasonsOf,
  statesOf,
  wordsIn,
} from './rules';
import en from './words/en.json';
import fr from './words/fr.json';
import type { ChannelLine, Counts, DeskChange, DeskState, Row } from './wire';

/** What the desk's page says beyond what every screen's page says. */
export interface DeskBoot extends Boot {
  /** The person's name, as decisions carry it. */
  me: string;
  me_id: number;
  addresses_url: string;
  /** What somebody who takes over has to know. */
  briefing_url: string;
  report_url: string;
  /** What drives the walls. */
  remote_url: string;
  login_url: string;
  /** Whether the person may open, start and close the session. */
  may_run: boolean;
  slate: SlateState;
  panic: PanicBoot;
}

type SessionCard = DeskState['session'];

const NO_COUNTS: Counts = {
  posts: 0,
  messages: 0,
  questions: 0,
  answered: 0,
  to_compare: 0,
  by_state: {},
  by_network: {},
  curve: [],
};
// A key pressed this soon after a colleague decided was meant for what stood there before.
const TOO_SOON_MS = 700;
const MOST_MARKED = 500; // as many as the server decides on at once

export class Desk {
  session = $state.raw<SessionCard | null>(null);
  counts = $state.raw<Counts>(NO_COUNTS);
  channels = $state.raw<ChannelLine[]>([]);
  /** The states whose questions are all loaded. */
  private whole = $state.raw<ReadonlySet<string>>(new Set());
  /** Whether each question has to be approved by two people. */
  needsTwo = $state(false);

  filter = $state<Filter>('waiting');
  /** Questions that are marked, to be decided on at once; in the order of marking. */
  marked = $state.raw<number[]>([]);
  typed = $state('');
  page = $state<'questions' | 'messages'>('questions');
  selected = $state<number | null>(null);
  /** The selected question, where a colleague's decision would have taken it out of the list. */
  kept = $state<number | null>(null);
  /** A running order of ids on its way to the server. */
  hopedOrder = $state.raw<number[] | null>(null);

  status = $state.raw<Status | null>(null);
  hasRights = $state(true);

  readonly rows = new Rows();
  readonly notices = new Notices();
  readonly say: Say;
  readonly age: ReturnType<typeof ages>;
  readonly api: Api;
  readonly decisions: Decisions;
  readonly messages: Messages;
  readonly answering: Answering;
  readonly older: Older;
  readonly order: Order;
  readonly themes: Themes;
  readonly marks: Marks;
  readonly beside: Beside;
  readonly crew: Crew;
  readonly filters: Filters;
  readonly slate: Slate;
  readonly panic: Panic;
  readonly screens: Screens;

  private needle = $derived(wordsIn(this.typed));
  private sifted = $derived.by(() => this.sift());
  private lastPublic: Row[] = [];
  private lastShown: number[] = [];
  private coming: (() => void)[] = [];
  private touched = { id: 0, at_ms: -Infinity }; // the selected row, when a colleague decided on it
  private following: Following | null = null;

  constructor(readonly boot: DeskBoot) {
    this.say = words(boot.language, { fr, en });
    this.age = ages(this.say, boot.language);
    this.api = new Api(boot.api, boot.slug, boot.csrf, boot.ticket_url);
    const rightsEnded = () => (this.hasRights = false);
    this.decisions = new Decisions({
      rows: this.rows,
      api: this.api,
      notices: this.notices,
      say: this.say,
      me: boot.me,
      needsTwo: () => this.needsTwo,
      now: () => clock.now,
      rightsEnded,
      showRow: (id) => this.show(id),
      sentenceOn: (row) => this.sentenceOn(row),
    });
    this.messages = new Messages(this.api, this.say, this.notices, rightsEnded);
    this.older = new Older(this.api, this.rows, rightsEnded);
    this.order = new Order(this.api, `desk/order/${boot.me_id}`, rightsEnded);
    this.themes = new Themes(this.api, rightsEnded);
    this.answering = new Answering(this);
    this.marks = new Marks(this);
    this.beside = new Beside(this);
    this.crew = new Crew(this.api, boot.me_id);
    this.filters = new Filters(this);
    this.slate = new Slate(boot.slate);
    const session = `${boot.api}/sessions/${boot.slug}`;
    this.screens = new Screens(`${session}/screens`, `${session}/walls`);
    this.panic = new Panic(boot.panic, this.slate, () =>
      this.notices.show('wrong', this.say('panic.failed')),
    );
  }

  // -- what is shown ------------------------------------------------------------------------

  /** The ids of the list, in order; the same list while it is unchanged. */
  shown = $derived(this.sifted.ids);

  /** Languages of the loaded questions of this filter, the most frequent first. */
  /** What the list's questions are about, by key, and how many are. */
  get themesListed(): [string, number][] {
    return this.sifted.themes;
  }

  get languages(): [string, number][] {
    return this.sifted.languages;
  }

  /** Why the loaded questions of this filter are held, the most frequent reason first. */
  get reasons(): [string, number][] {
    return this.sifted.reasons;
  }

  /** How many of the loaded questions are of this list, and how many meet what is asked for. */
  listed = $derived(this.sifted.listed);
  met = $derived(this.sifted.met);

  /** Whether all questions of this list are loaded. */
  isWhole = $derived.by(() => {
    const states = statesOf(this.filter) ?? Object.keys(this.counts.by_state);
    return states.every((state) => state === BEHIND || this.whole.has(state));
  });

  current = $derived.by(() => {
    void this.rows.version;
    return this.selected === null ? undefined : this.rows.get(this.selected);
  });

  /** Rows the public may see; the same list while none of them changed. */
  private inPublic = $derived.by(() => {
    void this.rows.version;
    const found: Row[] = [];
    for (const id of this.rows.ids) {
      const row = this.rows.get(id)!;
      if (row.position !== null || row.state === 'on_air' || row.state === 'answered') {
        found.push(row);
      }
    }
    return (this.lastPublic = sameOr(this.lastPublic, found));
  });

  onAir = $derived.by(() => this.inPublic.find((row) => row.state === 'on_air'));

  rundown = $derived.by(() => {
    const rows = this.inPublic.filter((row) => row.state === 'lined_up').sort(byPosition);
    if (!this.hopedOrder) return rows;
    const place = new Map(this.hopedOrder.map((id, at) => [id, at]));
    return rows.sort((one, other) => (place.get(one.id) ?? 1e9) - (place.get(other.id) ?? 1e9));
  });

  lastAnswered = $derived.by(() => {
    const answered = this.inPublic.filter((row) => row.state === 'answered');
    return answered.sort(orderOf('aired')!).slice(0, 3);
  });

  private sift(): {
    ids: number[];
    languages: [string, number][];
    themes: [string, number][];
    reasons: [string, number][];
    listed: number;
    met: number;
  } {
    void this.rows.version;
    const states = statesOf(this.filter);
    const { needle, kept, rows, crew } = this;
    const { now: criteria, age_ms } = this.filters;
    const { language, reason, theme } = criteria;
    const mine = criteria.mine && this.filter === 'waiting';
    const tally = new Map<string, number>();
    const about = new Map<string, number>();
    const found: Row[] = [];
    let listed = 0;
    let isGuest = false; // the one that is kept, though it is not asked for
    for (const id of rows.ids) {
      const row = rows.get(id)!;
      const isIn = !states || states.includes(row.state);
      if ((!isIn && id !== kept) || !isListed(row)) continue;
      if (isIn) listed += 1;
      if (!matches(row, needle)) continue;
      const isMet = isIn && meets(row, criteria, age_ms) && (!mine || crew.isMine(id));
      const key = this.themes.of(id);
      const isSpoken = !language || row.language === language;
      const isAbout = !theme || key === theme;
      if (isMet && isAbout) tally.set(row.language, (tally.get(row.language) ?? 0) + 1);
      if (isMet && isSpoken && key) about.set(key, (about.get(key) ?? 0) + 1);
      const isWanted = isMet && isSpoken && isAbout;
      if (!isWanted && id === kept) isGuest = true;
      if (isWanted || id === kept) found.push(row);
    }
    const chosen = this.order.sort === 'askers' ? byAskers : this.order.compare;
    const order = orderOf(this.filter) ?? chosen;
    if (order) found.sort(order);
    const languages = byNumber(tally);
    const reasons = this.filter === 'held' ? reasonsOf(found) : [];
    const isSought = (row: Row) => row.id === kept || row.reasons.some(({ code }) => code === reason);
    const sought = reason ? found.filter(isSought) : found;
    const ids = sought.map((row) => row.id);
    const met = ids.length - Number(isGuest);
    const shown = (this.lastShown = sameOr(this.lastShown, ids));
    return { ids: shown, languages, themes: byNumber(about), reasons, listed, met };
  }

  // -- moving about -------------------------------------------------------------------------

  select(id: number | null): void {
    if (id === this.selected) return;
    this.selected = id;
    this.kept = null;
    this.crew.read(id);
  }

  /** Selects so many rows further down; the first in sight where nothing is selected. */
  move(by: number, firstInSight = 0): void {
    const { shown } = this;
    if (!shown.length) return;
    const at = this.selected === null ? -1 : shown.indexOf(this.selected);
    const to = at < 0 ? firstInSight : Math.max(0, Math.min(shown.length - 1, at + by));
    this.select(shown[to] ?? null);
  }

  setFilter(filter: Filter): void {
    this.page = 'questions';
    if (filter === this.filter) return;
    this.filter = filter;
    if (filter !== 'held') this.filters.drop('reason');
    this.marked = [];
    this.select(null);
    this.order.look(filter);
  }

  /** Has what the list asks for fetched, as far as it is not loaded. */
  look(): void {
    this.older.look(this.filters.sought(), !this.isWhole, this.filters.isNarrow);
  }

  /** Brings a question under the moderator's eyes, whatever the filter. */
  show(id: number): void {
    this.page = 'questions';
    this.select(id);
    if (!this.shown.includes(id)) this.kept = id;
  }

  search(typed: string): void {
    this.typed = typed;
    if (this.page === 'messages') this.messages.search(typed);
  }

  showMessages(): void {
    this.page = 'messages';
    this.select(null);
    this.messages.search(this.typed);
  }

  // -- deciding -----------------------------------------------------------------------------

  /** Decides on the selected question and goes on to the next one. */
  decideHere(verb: Decision): void {
    if (this.marked.length) return this.decideMarked(verb);
    const row = this.current;
    if (!row) return this.notices.show('hint', this.say('no.selection'));
    this.decide(row, verb);
  }

  decide(row: Row, verb: Decision): void {
    const { id, at_ms } = this.touched;
    if (row.id === id && performance.now() - at_ms < TOO_SOON_MS) {
      return this.notices.show('told', this.say('too_soon', { what: this.sentenceOn(row) }));
    }
    const why = this.obstacle(row, verb);
    if (why) return this.notices.show('hint', this.say(why, { state: this.stateName(row) }));
    if (verb === 'answer') return this.answering.open(row.id);
    if (row.id === this.selected) this.goOn(row, verb);
    void this.decisions.take(row, verb);
    this.notices.say(this.say('said', { verb: this.say(`verb.${verb}`) }));
  }

  /** Why that cannot be decided: the key of a sentence, or null where it can. */
  private obstacle(row: Row, verb: Decision): string | null {
    if (this.needsTwo && !isApproved(row.state)) {
      if (verb === 'line-up') return 'no.approve_first';
      if (verb === 'approve' && row.first_by === this.boot.me) return 'no.second';
    }
    return obstacle(verb, row.state);
  }

  // -- many at once -------------------------------------------------------------------------

  get markedRows(): Row[] {
    void this.rows.version;
    return this.marked.map((id) => this.rows.get(id)).filter((row) => !!row && isListed(row)) as Row[];
  }

  /** Marks a question, or no longer; the selected one where none is named. */
  mark(id: number | null = this.selected): void {
    if (id === null) return this.notices.show('hint', this.say('no.selection'));
    const isMarked = this.marked.includes(id);
    this.marked = isMarked ? this.marked.filter((one) => one !== id) : [...this.marked, id];
    this.notices.say(this.say('many', { n: this.marked.length }));
  }

  markAllShown(): void {
    this.marked = this.shown.slice(0, MOST_MARKED);
    this.notices.say(this.say('many', { n: this.marked.length }));
  }

  unmark(): void {
    this.marked = [];
  }

  decideMarked(verb: Decision): void {
    if (verb !== 'approve' && verb !== 'hold' && verb !== 'later' && verb !== 'reject') {
      return this.notices.show('hint', this.say('many.no'));
    }
    const found = this.markedRows.filter((row) => this.obstacle(row, verb) === null);
    this.marked = [];
    if (!found.length) return this.notices.show('hint', this.say('many.nothing'));
    if (found.some((row) => row.id === this.selected)) this.select(null);
    void this.decisions.takeMany(found, verb);
  }

  /** Merges what is marked, or accepts the group proposed for the selected question. */
  group(): void {
    const rows = this.markedRows;
    if (rows.length > 1) {
      // What is furthest stays what it is; then what most people ask.
      const rank = (row: Row) => (isApproved(row.state) ? 1e9 : 0) + row.askers;
      const [head, ...others] = rows.sort((one, other) => rank(other) - rank(one));
      this.marked = [];
      this.select(head!.id);
      return void this.decisions.merge(head!, others);
    }
    const row = this.current;
    if (!row?.proposal) return this.notices.show('hint', this.say('merge.how'));
    this.changeHere('accept-group');
  }

  /** Changes the selected question; on to the next one where it leaves the list. */
  changeHere(change: Change, body: object = {}): void {
    const row = this.current;
    if (!row) return this.notices.show('hint', this.say('no.selection'));
    if (change === 'refuse-group' && !row.proposal) {
      return this.notices.show('hint', this.say('merge.none'));
    }
    if (change === 'accept-group') this.move(1);
    void this.decisions.change(row, change, body);
  }

  /** Shows the selected question as its own author wrote it. */
  ownWords(): void {
    const row = this.current;
    if (!row) return this.notices.show('hint', this.say('no.selection'));
    if (!row.original) return this.notices.show('hint', this.say('own_words.none'));
    void this.decisions.change(row, 'wording', { member: row.id });
  }

  do(row: Row, deed: Deed): void {
    if (deed === 'open') this.answering.open(row.id);
    else if (deed === 'off-air') void this.takeDown();
    else this.decide(row, deed);
  }

  async takeDown(): Promise<void> {
    const answer = await this.api.takeDown();
    this.tellUnless(answer);
  }

  async turnSession(verb: 'open' | 'start' | 'close'): Promise<void> {
    const answer = await this.api.turnSession(verb);
    this.tellUnless(answer);
  }

  /** Puts a lined-up question at another place of the running order, counted from 0. */
  async moveInOrder(id: number, to: number): Promise<void> {
    const ids = this.rundown.map((row) => row.id);
    const from = ids.indexOf(id);
    const place = Math.max(0, Math.min(to, ids.length - 1));
    if (from < 0 || from === place) return;
    ids.splice(place, 0, ...ids.splice(from, 1));
    this.hopedOrder = ids;
    await this.sendOrder(id);
  }

  /** Tells the server where `id` now stands in the hoped order. */
  async sendOrder(id: number): Promise<void> {
    const ids = this.hopedOrder;
    if (!ids) return;
    const place = ids.indexOf(id);
    this.notices.say(this.say('moved', { n: place + 1, all: ids.length }));
    const answer = await this.api.move(id, place);
    this.tellUnless(answer);
    // The stream tells the places of all the others; it may be a beat later than this answer.
    setTimeout(() => this.hopedOrder === ids && (this.hopedOrder = null), answer.ok ? 600 : 0);
  }

  private goOn(row: Row, verb: Decision): void {
    const { shown } = this;
    const at = shown.indexOf(row.id);
    const stays = statesOf(this.filter) === null;
    if (verb === 'air' && stays) return;
    this.select(shown[at + 1] ?? shown[at - 1] ?? null);
  }

  tellUnless(answer: { ok: boolean; kind?: string; message?: string }): void {
    if (answer.ok) return;
    if (answer.kind === 'rights') this.hasRights = false;
    else this.notices.show('wrong', answer.message || this.say('unreachable'));
  }

  // -- words --------------------------------------------------------------------------------

  stateName = (row: Row) => this.say(`state.${row.state}`);

  /** What the house is called: its own name once it has one. */
  get house(): string {
    const house = this.say('house');
    return this.session ? nameOf(this.session, this.boot.language, house) : house;
  }

  nameOf = ({ name, handle }: { name: string; handle: string }) =>
    legible(name || handle) || this.say('row.anonymous');

  networkName(network: string): string {
    const key = `network.${network}`;
    const name = this.say(key);
    return name === key ? network : name;
  }

  languageName(language: string): string {
    if (!language) return this.say('language.unknown');
    try {
      const name = new Intl.DisplayNames(this.boot.language, { type: 'language' }).of(language);
      return name ? name[0]!.toLocaleUpperCase(this.boot.language) + name.slice(1) : language;
    } catch {
      return language;
    }
  }

  /** "Léa approved it 2 s ago" */
  sentenceOn(row: Row): string {
    if (!row.last) return '';
    const key = `did.${row.last.verb}`;
    const verb = this.say(key) === key ? 'did.other' : key;
    const isMe = row.last.by === this.boot.me;
    const by = isMe ? this.say('me') : row.last.by || this.say('somebody');
    const ago = this.age.ago(this.elapsed_ms(row.last.at));
    return this.say(isMe ? verb.replace('did.', 'did_me.') : verb, { by, ago });
  }

  /** How long ago that was, by the server's clock; changes each second. */
  elapsed_ms = (at: string) => clock.now.getTime() - Date.parse(at);

  // -- the stream ---------------------------------------------------------------------------

  start(): void {
    this.filters.start();
    this.following = follow<DeskState, DeskChange>(sourceOf(this.boot), {
      snapshot: (state, at) => this.later(() => this.replace(state, at)),
      changes: (changes) => this.later(() => this.apply(changes)),
      status: (status) => {
        this.status = status;
        if (status.state !== 'stale') this.hasRights = status.state === 'live';
      },
    });
    this.marks.start();
    this.crew.start();
    this.order.start();
    this.themes.start();
    this.slate.follow(this.boot.slug);
    this.panic.start();
    this.screens.start();
  }

  stop(): void {
    this.following?.close();
    this.marks.stop();
    this.crew.stop();
    this.order.stop();
    this.themes.stop();
    this.panic.stop();
    this.screens.stop();
    this.filters.stop();
  }

  /** Gathers what the stream says and applies it once a frame; a hidden page has no frames. */
  private later(work: () => void): void {
    this.coming.push(work);
    if (this.coming.length > 1) return;
    let isDone = false;
    const apply = () => {
      if (isDone) return;
      isDone = true;
      for (const work of this.coming.splice(0)) work();
    };
    requestAnimationFrame(apply);
    setTimeout(apply, 250);
  }

  private replace(state: DeskState, at: Date): void {
    clock.hear(at);
    this.session = state.session;
    this.counts = state.counts;
    this.channels = state.channels;
    this.needsTwo = state.needs_two;
    this.crew.people = state.crew;
    this.rows.replace(state.rows);
    this.whole = wholeStates(state);
    void this.filters.load();
    this.look();
  }

  private apply(changes: DeskChange[]): void {
    const rows: Row[] = [];
    const gone: number[] = [];
    for (const change of changes) {
      if (change.kind === 'question') rows.push(change.row);
      else if (change.kind === 'gone') gone.push(change.id);
      else if (change.kind === 'counts') this.counts = change.counts;
      else if (change.kind === 'session') this.session = change.session;
      else if (change.kind === 'channels') this.channels = change.channels;
      else if (change.kind === 'approval') this.needsTwo = change.needs_two;
      else if (change.kind === 'crew') this.crew.people = change.crew;
      else if (change.kind === 'filters') void this.filters.load();
    }
    if (rows.length) this.noteOthers(rows);
    if (rows.length) this.noteGuest(rows);
    if (rows.length) this.rows.put(rows);
    if (gone.length) this.forget(gone);
  }

  /** The row being read stays where it is when a colleague decides on it. */
  private noteOthers(rows: Row[]): void {
    const now = rows.find((row) => row.id === this.selected);
    if (!now?.last || now.last.by === this.boot.me) return;
    const before = this.rows.fromServer(now.id);
    if (!before || before.revision >= now.revision) return;
    this.touched = { id: now.id, at_ms: performance.now() };
    this.kept = now.id;
    if (before.state !== now.state) this.notices.say(this.sentenceOn(now));
  }

  /** What the guest decided on the prompter is told at once: the walls show it already, and the last
   * word is the desk's. */
  private noteGuest(rows: Row[]): void {
    const guest = this.session?.guest;
    for (const row of rows) {
      const { verb = '', by = '' } = row.last ?? {};
      const isNew = row.revision > (this.rows.fromServer(row.id)?.revision ?? row.revision);
      if (!isNew || by !== guest || by === this.boot.me) continue;
      if (verb === 'undo') this.notices.show('told', this.sentenceOn(row));
      if (verb !== 'later' && verb !== 'air') continue;
      const undo = async () => this.tellUnless(await this.api.decide(row.id, 'undo', row.revision));
      const act = { label: this.say('undo'), run: () => void undo() };
      this.notices.show('told', this.say('guest.did', { what: this.sentenceOn(row) }), act);
    }
  }

  private forget(ids: number[]): void {
    if (this.selected !== null && ids.includes(this.selected)) {
      const at = this.shown.indexOf(this.selected);
      const next = this.shown.slice(at + 1).find((id) => !ids.includes(id)) ?? null;
      this.notices.show('told', this.say('gone'));
      this.select(next);
    }
    this.rows.drop(ids);
  }
}

/** The states of which a snapshot holds every question. */
function wholeStates({ rows, counts, more }: DeskState): Set<string> {
  const states = Object.keys(counts.by_state);
  if (!more) return new Set(states);
  const loaded = new Map<string, number>();
  for (const { state } of rows) loaded.set(state, (loaded.get(state) ?? 0) + 1);
  return new Set(states.filter((state) => (loaded.get(state) ?? 0) >= (counts.by_state[state] ?? 0)));
}

/** The largest first. */
const byNumber = (tally: Map<string, number>) =>
  [...tally].sort((one, other) => other[1] - one[1]);

/** The former list where the new one holds the same: what depends on it need not be redone. */
function sameOr<T>(former: T[], now: T[]): T[] {
  const isSame = former.length === now.length && now.every((one, at) => one === former[at]);
  return isSame ? former : now;
}
