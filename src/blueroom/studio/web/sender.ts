// Sends what a recorder makes over a connection that may break, and loses nothing on the way.
//
// Each run of a recorder has an id and numbers its chunks from 0. They are kept here until the
// server says that they are safe; after a break it says from which one it wants to go on. The next
// run (another camera, the phone turned) begins on a connection of its own, when all of the one
// before is safe. The server's end is media/sending.py.

export interface FeedNews {
  feed: { name: string; kind: string; state: string };
  programme: string;
  is_on_air: boolean;
  is_muted: boolean;
  delay_s: number;
}

type Told =
  | ({ kind: 'state' } & FeedNews)
  | { kind: 'welcome'; next: number }
  | { kind: 'ack'; next: number }
  | { kind: 'messages' }
  | { kind: 'problem'; code: string; message: string }
  | { kind: 'figures'; video_kbps: number; fps: number }
  | { kind: 'refused'; code: string; message: string }
  | { kind: 'bye' };

/** What a sender needs of a WebSocket. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

export interface Handlers {
  news(news: FeedNews): void;
  /** What the crew wrote has changed: ask for it. */
  messages(): void;
  problem(code: string, message: string): void;
  figures(video_kbps: number, fps: number): void;
  /** Nothing more is taken from here until somebody clicks. */
  refused(code: string, message: string): void;
  /** `open`: the server listens. `lost`: it will be tried again; so many tries failed in a row. */
  connection(state: 'open' | 'lost', failures: number): void;
  /** The present run cannot go on: a new one is wanted, with a picture that needs none before. */
  restart(): void;
}

interface Run {
  id: string;
  mime: string;
  /** The number of the first chunk that is kept. */
  first: number;
  kept: { bytes: ArrayBuffer; at_ms: number }[];
  /** The number of the next chunk to be sent on this connection. */
  next: number;
  isOver: boolean;
}

export interface Options {
  now: () => number;
  random: () => number;
  keptMax_bytes: number;
  keptMax_ms: number;
}

const KEPT: Options = {
  now: () => performance.now(),
  random: Math.random,
  keptMax_bytes: 25_000_000,
  keptMax_ms: 40_000,
};
const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5_000;
const OPENING_MS = 8_000;
// The server answers ten chunks a second; a line that is silent for so long is dead.
const SILENT_MS = 6_000;
const CHECK_MS = 1_000;
// What the server cannot go on with, it takes from a new beginning.
const BEGIN_ANEW = [
  'chunks_missing',
  'packer_ended',
  'packer_died',
  'packer_silent',
  'connection_lost',
  'container_unreadable',
];
// Whoever is not let in may look on, and comes in when the crew says so.
export const NOT_LET_IN = 'feed_not_admitted';
// The server notices within 15 s that our former line is dead; until then it takes us for another.
const OURS_MS = 30_000;
// The server says every 0.4 s what it has taken.
const STALLED_MS = 1_500;

export class Sender {
  private socket: Socket | null = null;
  private isOpen = false;
  private hasGreeted = false;
  private isWelcome = false;
  private isRefused = false;
  private isFull = false;
  private isEnding = false;
  private takesOver = false;
  private failures = 0;
  private heardAt_ms = 0;
  private takenAt_ms = -Infinity; // when the server last took something from here
  private runs: Run[] = [];
  private retry: ReturnType<typeof setTimeout> | undefined;
  private checking: ReturnType<typeof setInterval> | undefined;
  private readonly options: Options;

  constructor(
    private readonly connect: () => Socket,
    private readonly on: Handlers,
    options: Partial<Options> = {},
  ) {
    this.options = { ...KEPT, ...options };
  }

  /** Opens the connection and keeps it open; sends nothing before a run begins. */
  open(): void {
    this.checking ??= setInterval(() => this.check(), CHECK_MS);
    if (!this.socket) this.dial();
  }

  /** A recorder was started; the run before is over. */
  begin(id: string, mime: string): void {
    this.finish();
    this.isFull = false;
    this.isEnding = false;
    this.runs.push({ id, mime, first: 0, kept: [], next: 0, isOver: false });
    if (this.runs.length > 1) return;
    // A connection carries one recorder.
    if (this.hasGreeted) this.redial();
    else this.greet();
  }

  /** The recorder's next chunk. False where no more can be kept: the run is over then. */
  push(bytes: ArrayBuffer): boolean {
    const run = this.runs.at(-1);
    if (!run || run.isOver) return false;
    if (this.kept_bytes + bytes.byteLength > this.options.keptMax_bytes || this.behind_ms > this.options.keptMax_ms) {
      this.isFull = true;
      run.isOver = true;
      return false;
    }
    run.kept.push({ bytes, at_ms: this.options.now() });
    this.flush();
    return true;
  }

  /** The recorder was stopped. */
  finish(): void {
    const run = this.runs.at(-1);
    if (!run || run.isOver) return;
    run.isOver = true;
    this.flush();
    this.forgetEmpty();
  }

  /** No more is sent, by the will of whoever sends. */
  end(): void {
    this.isEnding = true;
    this.finish();
    if (!this.runs.length) this.farewell();
  }

  /** Tries again after a refusal; `takesOver`: even where somebody else sends. */
  insist(takesOver: boolean): void {
    this.takesOver = takesOver;
    this.isRefused = false;
    this.hangUp();
    this.dial();
  }

  /** The network came back, or the page was woken: do not sit out the wait. */
  wake(): void {
    if (!this.socket && this.checking && !this.isRefused) this.dial();
  }

  close(): void {
    clearInterval(this.checking);
    this.checking = undefined;
    clearTimeout(this.retry);
    this.hangUp();
  }

  /** How old the oldest chunk is that the server does not have yet. */
  get behind_ms(): number {
    const oldest = this.runs.find((run) => run.kept.length)?.kept[0];
    return oldest ? this.options.now() - oldest.at_ms : 0;
  }

  get kept_bytes(): number {
    let sum = 0;
    for (const run of this.runs) for (const { bytes } of run.kept) sum += bytes.byteLength;
    return sum;
  }

  /** Nothing has been taken for a while: the line is away, which says nothing of how fast it is. */
  get isStalled(): boolean {
    return this.options.now() - this.takenAt_ms > STALLED_MS;
  }

  /** Whether the server takes chunks now. */
  get isTaking(): boolean {
    return this.isWelcome;
  }

  private dial(): void {
    clearTimeout(this.retry);
    const socket = this.connect();
    this.socket = socket;
    this.heardAt_ms = this.options.now();
    socket.onopen = () => {
      this.isOpen = true;
      this.heardAt_ms = this.options.now();
      this.on.connection('open', 0);
      if (this.runs.length) this.greet();
      else this.say({ kind: 'look' });
    };
    socket.onmessage = ({ data }) => {
      this.heardAt_ms = this.options.now();
      if (typeof data === 'string') this.hear(JSON.parse(data) as Told);
    };
    socket.onclose = () => this.lose();
  }

  private hangUp(): void {
    const { socket } = this;
    this.socket = null;
    this.isOpen = this.hasGreeted = this.isWelcome = false;
    if (!socket) return;
    // A dead line takes its time to say that it closed.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  private lose(): void {
    this.hangUp();
    if (this.isRefused) return;
    this.failures += 1;
    this.on.connection('lost', this.failures);
    const longest = Math.min(FIRST_WAIT_MS * 2 ** (this.failures - 1), LONGEST_WAIT_MS);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.dial(), longest * (0.5 + this.options.random() / 2));
  }

  private check(): void {
    if (!this.socket) return;
    const silent_ms = this.options.now() - this.heardAt_ms;
    const waits = this.isOpen ? this.isOwed : true;
    if (waits && silent_ms > (this.isOpen ? SILENT_MS : OPENING_MS)) this.lose();
  }

  /** Whether the server owes an answer. */
  private get isOwed(): boolean {
    const run = this.runs[0];
    return !!run && (!this.isWelcome || run.next > run.first);
  }

  private hear(told: Told): void {
    switch (told.kind) {
      case 'state':
        this.failures = 0;
        return this.on.news(told);
      case 'welcome':
        return this.welcome(told.next);
      case 'ack':
        return this.safe(told.next);
      case 'messages':
        return this.on.messages();
      case 'problem':
        return this.on.problem(told.code, told.message);
      case 'figures':
        return this.on.figures(told.video_kbps, told.fps);
      case 'refused':
        return this.refuse(told.code, told.message);
      case 'bye':
        return; // it closes, and the way back is tried as after every loss
    }
  }

  private greet(): void {
    const run = this.runs[0];
    if (!this.isOpen || !run) return;
    this.hasGreeted = true;
    this.isWelcome = false;
    const { id: recorder, mime, first: next } = run;
    const isOurs = next === 0 && this.options.now() - this.takenAt_ms < OURS_MS;
    this.say({ kind: 'hello', recorder, mime, next, take_over: this.takesOver || isOurs });
  }

  private welcome(next: number): void {
    const run = this.runs[0];
    if (!run) return;
    this.failures = 0;
    this.takesOver = false;
    if (next < run.first || next > run.first + run.kept.length) return this.beginAnew();
    this.isWelcome = true;
    this.takenAt_ms = this.options.now();
    run.next = next;
    this.safe(next);
    this.flush();
  }

  private refuse(code: string, message: string): void {
    if (BEGIN_ANEW.includes(code)) return this.beginAnew();
    this.takenAt_ms = -Infinity;
    this.runs = [];
    if (code !== NOT_LET_IN) this.isRefused = true;
    this.on.refused(code, message);
  }

  /** What the server would need to go on with this run is gone. */
  private beginAnew(): void {
    const run = this.runs.shift();
    this.isWelcome = false;
    if (!this.runs.length && run && (!run.isOver || this.isFull)) this.on.restart();
    else this.redial();
  }

  /** A connection for the next run; at once, for the line is good. */
  private redial(): void {
    if (!this.isOpen || !this.runs.length) return;
    this.hangUp();
    this.dial();
  }

  private safe(next: number): void {
    const run = this.runs[0];
    if (!run || !this.isWelcome) return;
    this.takenAt_ms = this.options.now();
    const done = Math.min(Math.max(0, next - run.first), run.kept.length);
    run.kept.splice(0, done);
    run.first += done;
    this.forgetEmpty();
  }

  /** Goes on to the next run where all of this one is safe. */
  private forgetEmpty(): void {
    const before = this.runs.length;
    while (this.runs[0]?.isOver && !this.runs[0].kept.length) this.runs.shift();
    if (this.runs.length < before) this.redial();
    if (this.runs.length) return;
    this.farewell();
    if (!this.isFull) return;
    this.isFull = false;
    this.on.restart();
  }

  private flush(): void {
    const run = this.runs[0];
    if (!run || !this.isWelcome || !this.socket) return;
    for (; run.next < run.first + run.kept.length; run.next += 1) {
      this.socket.send(numbered(run.next, run.kept[run.next - run.first]!.bytes));
    }
    if (run.isOver && run.kept.length) this.greet(); // the last chunks are not acknowledged unasked
  }

  private farewell(): void {
    if (!this.isEnding) return;
    this.isEnding = false;
    if (this.isOpen) this.say({ kind: 'end' });
  }

  private say(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }
}

const NUMBER_BYTES = 4;

function numbered(number: number, bytes: ArrayBuffer): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(NUMBER_BYTES + bytes.byteLength);
  new DataView(message.buffer).setUint32(0, number); // big-endian
  message.set(new Uint8Array(bytes), NUMBER_BYTES);
  return message;
}
