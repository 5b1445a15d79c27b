// One event-stream connection that carries any number of topics: opens with fresh tickets, resumes
// each topic from its last message, reopens with back-off, and says when what it told is old.
//
// EventSource would reconnect by itself, but with the old ticket: so it is closed on the first
// error and made anew. The server's words are in docs/flow.md, "The event stream".

export interface Source {
  /** "<slug>/<screen>" */
  topic: string;
  /** The address of the stream where no ticket is needed. */
  stream: string | null;
  /** Where a ticket is asked for: GET -> {"url"}; 403, 404 or 410 when there is none to have. */
  ticketUrl: string | null;
}

export type State = 'live' | 'stale' | 'forbidden';

export type Heard =
  | { kind: 'snapshot'; state: unknown; at: string }
  | { kind: 'changes'; changes: unknown[]; at: string }
  | { kind: 'status'; state: State; since: number };

export type Hear = (heard: Heard) => void;

interface Message {
  topic: string;
  id: string;
  at: string;
  state?: unknown;
  changes?: unknown[];
}

interface Follower {
  source: Source;
  hear: Hear;
  told: State | null;
}

type Door = { url: URL } | 'forbidden' | 'unreachable';

const STALE_MS = 25_000;
// The server beats every 10 s: after a beat and a half of silence the line is taken for dead.
const SILENT_MS = 15_000;
const ANSWER_MS = 8_000;
// The first times it is given up sooner: a browser asks by connections that it has kept, and after
// a cut each of them may be dead.
const HASTE_MS = 4_000;
const HASTY_BELOW_MS = 3_000; // of the wait between tries
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 10_000;
// Rights may come back (logged in again, role given back): ask now and then, never give up.
const FORBIDDEN_WAIT_MS = 30_000;
const TICK_MS = 1_000;

export class Connection {
  private followers: Follower[] = [];
  private after = new Map<string, string>();
  private events: EventSource | null = null;
  private attempt = 0; // so that an overtaken attempt ends quietly
  private retry: ReturnType<typeof setTimeout> | undefined;
  private tick: ReturnType<typeof setInterval> | undefined;
  private wait_ms = FIRST_WAIT_MS;
  private heardAt = 0;
  private askedAt = 0; // when the stream at hand was asked for

  /** Tells `hear` what the source's topic says, from a snapshot on. Returns how to stop. */
  join(source: Source, hear: Hear): () => void {
    const follower: Follower = { source, hear, told: null };
    if (!this.followers.length) this.heardAt = Date.now();
    this.followers.push(follower);
    this.after.delete(source.topic); // a newcomer needs the snapshot; the others can bear it
    this.tick ??= setInterval(() => this.check(), TICK_MS);
    this.open();
    return () => this.leave(follower);
  }

  /** The machine woke up or the network came back: do not sit out the back-off. */
  wake(): void {
    this.check();
    if (this.followers.length && !this.events) this.open();
  }

  private leave(follower: Follower): void {
    this.followers = this.followers.filter((other) => other !== follower);
    if (this.followers.length) return; // its topic goes with the next reconnection
    this.shut();
    clearInterval(this.tick);
    this.tick = undefined;
    this.after.clear();
  }

  /** Runs every second, and late after a sleep: both see what they should. */
  private check(): void {
    const now = Date.now();
    if (now - this.heardAt > STALE_MS) this.tell('stale', this.heardAt);
    // A new stream is given its own time: a house to which everybody comes back answers slowly.
    if (now - Math.max(this.heardAt, this.askedAt) > SILENT_MS && this.events) this.open();
  }

  private shut(): void {
    this.attempt += 1;
    clearTimeout(this.retry);
    this.events?.close();
    this.events = null;
  }

  private open(): void {
    this.shut();
    void this.connect(this.attempt);
  }

  private later(wait_ms: number): void {
    this.shut();
    this.retry = setTimeout(() => this.open(), wait_ms);
  }

  private backOff(): void {
    const wait_ms = this.wait_ms * (0.5 + Math.random());
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    this.later(Math.min(wait_ms, LONGEST_WAIT_MS));
  }

  private async connect(attempt: number): Promise<void> {
    const followers = [...this.followers];
    const answer_ms = this.wait_ms < HASTY_BELOW_MS ? HASTE_MS : ANSWER_MS;
    const doors = await Promise.all(followers.map((each) => knock(each, answer_ms)));
    if (attempt !== this.attempt) return;
    const ways = new Map<string, URL>();
    followers.forEach((follower, at) => {
      const door = doors[at];
      if (door === 'forbidden') this.tellOne(follower, 'forbidden', Date.now());
      else if (follower.told === 'forbidden') follower.told = null;
      if (typeof door === 'object') ways.set(follower.source.topic, door.url);
    });
    if (ways.size) this.listen(this.address(ways));
    else if (doors.every((door) => door === 'forbidden')) return this.later(FORBIDDEN_WAIT_MS);
    else return this.backOff();
    // Where some doors were shut while others opened, knock again by and by.
    if (doors.some((door) => typeof door === 'string')) {
      this.retry = setTimeout(() => this.open(), FORBIDDEN_WAIT_MS);
    }
  }

  private listen(address: string): void {
    const events = new EventSource(address);
    this.events = events;
    this.askedAt = Date.now();
    const lost = () => {
      clearTimeout(unanswered);
      if (events === this.events) this.backOff();
    };
    const unanswered = setTimeout(lost, ANSWER_MS);
    const alive = () => {
      clearTimeout(unanswered);
      this.heardAt = Date.now();
      this.tell('live', this.heardAt);
    };
    const message = (event: MessageEvent<string>) => {
      this.wait_ms = FIRST_WAIT_MS;
      alive();
      this.pass(JSON.parse(event.data) as Message);
    };
    events.onopen = alive;
    events.onerror = lost;
    events.addEventListener('snapshot', message);
    events.addEventListener('changes', message);
    events.addEventListener('beat', alive);
    events.addEventListener('bye', lost); // whether there is a way back, the ticket will tell
  }

  /** One address for all topics: the first in the path, the others as `also`. */
  private address(ways: Map<string, URL>): string {
    const [[topic, url], ...others] = [...ways] as [[string, URL], ...[string, URL][]];
    const after = this.after.get(topic);
    if (after) url.searchParams.set('after', after);
    for (const [other, { searchParams }] of others) {
      const ticket = searchParams.get('ticket') ?? '';
      url.searchParams.append('also', `${other}:${ticket}:${this.after.get(other) ?? ''}`);
    }
    return url.href;
  }

  private pass({ topic, id, at, state, changes }: Message): void {
    this.after.set(topic, id);
    for (const { source, hear, told } of this.followers) {
      if (source.topic !== topic || told === 'forbidden') continue;
      hear(changes ? { kind: 'changes', changes, at } : { kind: 'snapshot', state, at });
    }
  }

  private tell(state: 'live' | 'stale', since: number): void {
    for (const follower of this.followers) {
      if (follower.told !== 'forbidden') this.tellOne(follower, state, since);
    }
  }

  private tellOne(follower: Follower, state: State, since: number): void {
    if (follower.told === state) return;
    follower.told = state;
    follower.hear({ kind: 'status', state, since });
  }
}

/** Asks for the follower's way in. */
async function knock({ source }: Follower, answer_ms: number): Promise<Door> {
  const { stream, ticketUrl } = source;
  if (!ticketUrl) return { url: new URL(stream ?? '', location.origin) };
  try {
    const answer = await fetch(ticketUrl, {
      headers: { Accept: 'application/json' },
      cache: 'no-store',
      redirect: 'manual', // to a login page: the same as forbidden
      signal: AbortSignal.timeout(answer_ms),
    });
    if (answer.ok) {
      const { url } = (await answer.json()) as { url: string };
      return { url: new URL(url, location.origin) };
    }
    const refused = answer.type === 'opaqueredirect' || [401, 403, 404, 410].includes(answer.status);
    return refused ? 'forbidden' : 'unreachable';
  } catch {
    return 'unreachable';
  }
}
