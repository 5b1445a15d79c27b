// What the page of a feed knows and does: the camera, what was checked, and the sending.
import { type Boot, sourceOf } from '../../design/web/boot';
import { follow, type Status } from '../../design/web/live';
import { clock } from '../../design/web/time.svelte';
import { words, type Say } from '../../design/web/words';
import { type Choice, isMirrored, listDevices, obstacle, openCamera, stopAll } from './camera';
import { Hearing, lightFor, type Light, type Sound, type Trouble } from './checks';
import { lookAt, SoundMeter, type Level } from './meter';
import { Recorder } from './recorder';
import { BEST_BPS, lineNow, type Line, qualityOf, type Quality, wayToRecord, type Way } from './recording';
import { handInAt, Receipts } from './receipts';
import { type FeedNews, NOT_LET_IN, Sender, type Socket } from './sender';
import type { Card, MessageCard, SessionCard } from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

export interface FeedBoot extends Boot {
  screen: 'feed';
  feed: { name: string; kind: string; state: string };
  session: SessionCard;
  messages_url: string;
  socket: string;
  whip: string;
  zone: string;
}

/** `welcome`: nothing was asked yet. `asking`: the browser asks the person. `trouble`: there is no
 * camera to be had. `checking`: seen and heard, by this page only. `ready`: sending, or waiting to. */
export type Step = 'welcome' | 'asking' | 'trouble' | 'checking' | 'ready';

interface PhoneState {
  session: SessionCard;
  on_air: Card | null;
}
type PhoneChange =
  | { kind: 'on_air'; card: Card | null }
  | { kind: 'session'; session: SessionCard }
  | { kind: 'answered' | 'questions' | 'live' };

const MAY_SEND = ['testing', 'ready'];
const METER_MS = 80;
const SECOND_MS = 1_000;
// A turned phone changes its size more than once; so does a camera that begins.
const SETTLED_MS = 400;
const CAMERA_AGAIN_MS = 2_000;
const PROBLEM_MS = 20_000;
// Answers of the page itself, once the connection fails so often in a row.
const LOOK_AFTER_FAILURES = 3;
const GONE = [404, 410];
const NO_LEVEL: Level = { rms_db: -100, peak_db: -100 };

export class Feed {
  step = $state<Step>('welcome');
  trouble = $state<Trouble | null>(null);
  stream = $state.raw<MediaStream | null>(null);
  cameras = $state.raw<MediaDeviceInfo[]>([]);
  microphones = $state.raw<MediaDeviceInfo[]>([]);
  choice = $state<Choice>({ camera: '', microphone: '' });
  size = $state.raw({ width_px: 0, height_px: 0 });
  level = $state.raw<Level>(NO_LEVEL);
  sound = $state<Sound>('none');
  light = $state<Light | null>(null);
  isMirrored = $state(true);

  news = $state.raw<FeedNews | null>(null);
  connection = $state<'opening' | 'open' | 'lost'>('opening');
  quality = $state<Quality>('cut');
  figures = $state.raw<{ video_kbps: number; fps: number } | null>(null);
  problem = $state('');
  refusal = $state.raw<{ code: string; message: string } | null>(null);
  isGone = $state(false);
  isRecording = $state(false);
  messages = $state.raw<MessageCard[]>([]);

  session = $state.raw<SessionCard>(null!);
  onAir = $state.raw<Card | null>(null);
  status = $state.raw<Status | null>(null);

  readonly say: Say;
  readonly way: Way | null;
  private readonly sender: Sender;
  private readonly receipts: Receipts;
  private recorder: Recorder | null = null;
  private turning: Promise<void> | null = null; // one recorder stops before the next begins
  private turnAgain = false;
  private video: HTMLVideoElement | null = null;
  private meter: SoundMeter | null = null;
  private readonly hearing = new Hearing();
  private line: Line = { video_bps: BEST_BPS, chosenAt_ms: 0, inTimeSince_ms: null };
  private settling: ReturnType<typeof setTimeout> | undefined;
  private problemEnds: ReturnType<typeof setTimeout> | undefined;
  private lock: WakeLockSentinel | null = null;

  constructor(readonly boot: FeedBoot) {
    this.say = words(boot.language, { fr, en });
    this.session = boot.session;
    this.way = 'MediaRecorder' in globalThis ? wayToRecord(MediaRecorder.isTypeSupported) : null;
    this.receipts = new Receipts((id, receipt) => handInAt(`${boot.messages_url}/${id}/${receipt}`));
    this.sender = new Sender(() => this.dial(), {
      news: (news) => this.hear(news),
      messages: () => void this.readMessages(),
      problem: (_code, message) => this.warn(message),
      figures: (video_kbps, fps) => (this.figures = { video_kbps, fps }),
      refused: (code, message) => this.refuse(code, message),
      connection: (state, failures) => this.connected(state, failures),
      restart: () => this.restart(),
    });
  }

  /** The feed as it is now: the crew may rename, test and admit it. */
  get feed() {
    return this.news?.feed ?? this.boot.feed;
  }

  get isOnAir(): boolean {
    return this.isSending && !!this.news?.is_on_air;
  }

  get isSending(): boolean {
    return this.isRecording && this.quality !== 'cut';
  }

  get maySend(): boolean {
    return MAY_SEND.includes(this.feed.state);
  }

  start(): void {
    this.trouble = obstacle() ?? (this.way ? null : 'unable');
    if (this.trouble) {
      this.step = 'trouble';
      return;
    }
    this.sender.open();
    navigator.mediaDevices.addEventListener('devicechange', () => void this.list());
    addEventListener('online', () => {
      this.sender.wake();
      this.receipts.wake();
    });
    document.addEventListener('visibilitychange', () => this.woken());
    document.addEventListener('pointerdown', () => this.meter?.wake());
    setInterval(() => this.measure(), METER_MS);
    setInterval(() => this.everySecond(), SECOND_MS);
    follow<PhoneState, PhoneChange>(sourceOf(this.boot), {
      snapshot: (state, at) => {
        clock.hear(at);
        this.session = state.session;
        this.onAir = state.on_air;
      },
      changes: (changes) => changes.forEach((change) => this.change(change)),
      status: (status) => (this.status = status),
    });
  }

  // -- the camera -----------------------------------------------------------------------------

  /** Turns the chosen camera and microphone on; asks the person where that must be. */
  async turnOn(): Promise<void> {
    if (this.step !== 'ready') this.step = 'asking';
    const opened = await openCamera({ ...this.choice });
    if (!opened.stream) return this.lack(opened.trouble);
    this.take(opened.stream);
    if (this.step !== 'ready') this.step = 'checking';
    await this.list();
  }

  async choose(choice: Partial<Choice>): Promise<void> {
    Object.assign(this.choice, choice);
    // Many phones open one camera at a time: the old one is let go first.
    stopAll(this.stream);
    await this.turnOn();
  }

  /** Shows the stream where it is seen, and looks at it from now on. */
  show(video: HTMLVideoElement): () => void {
    this.video = video;
    const sized = () => this.resized();
    video.addEventListener('resize', sized);
    return () => {
      video.removeEventListener('resize', sized);
      if (this.video === video) this.video = null;
    };
  }

  private take(stream: MediaStream): void {
    if (this.stream !== stream) stopAll(this.stream);
    this.stream = stream;
    this.trouble = null;
    this.isMirrored = isMirrored(stream);
    this.meter?.close();
    this.meter = stream.getAudioTracks().length ? new SoundMeter(stream) : null;
    for (const track of stream.getTracks()) {
      track.addEventListener('ended', () => stream === this.stream && this.lose());
      const { deviceId = '' } = track.getSettings();
      if (track.kind === 'video') this.choice.camera = deviceId;
      else this.choice.microphone = deviceId;
    }
    if (this.step === 'ready') this.restart();
  }

  /** The camera was unplugged, or the phone took it away. */
  private lose(): void {
    if (this.step === 'ready') this.warn(this.say('feed.camera_lost'));
    setTimeout(() => void this.turnOn(), CAMERA_AGAIN_MS);
  }

  private lack(trouble: Trouble): void {
    this.trouble = trouble;
    if (this.step !== 'ready') this.step = 'trouble';
    else setTimeout(() => void this.turnOn(), CAMERA_AGAIN_MS);
  }

  private async list(): Promise<void> {
    ({ cameras: this.cameras, microphones: this.microphones } = await listDevices());
  }

  private resized(): void {
    const { videoWidth: width_px = 0, videoHeight: height_px = 0 } = this.video ?? {};
    const isNew = width_px !== this.size.width_px || height_px !== this.size.height_px;
    const wasThere = this.size.width_px > 0;
    this.size = { width_px, height_px };
    if (!isNew || !wasThere || !this.isRecording) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.restart(), SETTLED_MS);
  }

  private measure(): void {
    if (!this.meter) {
      this.level = NO_LEVEL;
      return;
    }
    this.level = this.meter.read();
    this.hearing.take(this.level, performance.now());
  }

  private everySecond(): void {
    this.sound = this.meter ? this.hearing.sound : 'none';
    const lightness = this.video && this.step === 'checking' ? lookAt(this.video) : null;
    if (lightness !== null) this.light = lightFor(lightness);
    const { behind_ms, isTaking } = this.sender;
    this.quality = qualityOf(isTaking, behind_ms, this.way?.timeslice_ms ?? 0);
    if (!this.isRecording || !isTaking) return;
    // What was kept during an outage has to get through before the line can be judged.
    if (this.sender.isStalled) this.line = { ...this.line, chosenAt_ms: performance.now() };
    const line = lineNow(this.line, behind_ms, performance.now());
    const isOther = line.video_bps !== this.line.video_bps;
    this.line = line;
    if (isOther) this.restart();
  }

  // -- sending --------------------------------------------------------------------------------

  ready(): void {
    this.step = 'ready';
    this.refusal = null;
    void this.stayAwake();
    this.restart();
  }

  /** Back to the checks; nothing more is sent. */
  async leave(): Promise<void> {
    this.step = 'checking';
    await this.halt();
    this.sender.end();
    void this.lock?.release();
    this.lock = null;
  }

  insist(takesOver: boolean): void {
    this.refusal = null;
    this.sender.insist(takesOver);
    this.restart();
  }

  /** The person has seen the message. */
  read(id: number): void {
    this.messages = this.messages.map((one) => (one.id === id ? { ...one, is_seen: true } : one));
    this.receipts.give(id, 'seen');
  }

  /** These stand on the page; whether it is before anybody's eyes is for the browser to say. */
  shows(messages: MessageCard[]): void {
    if (document.hidden) return;
    for (const { id } of messages) this.receipts.give(id, 'delivered');
  }

  /** A new run of the recorder, where anything may be sent; none where not. */
  private restart(): void {
    if (this.turning) {
      this.turnAgain = true;
      return;
    }
    this.turning = this.turn().finally(() => {
      this.turning = null;
      if (this.turnAgain) this.restart();
      this.turnAgain = false;
    });
  }

  private async turn(): Promise<void> {
    await this.halt();
    const { stream, way } = this;
    if (this.step !== 'ready' || this.refusal || !this.maySend || !stream?.active || !way) return;
    const recorder: Recorder = new Recorder(
      stream,
      way,
      this.line.video_bps,
      (bytes) => this.recorder === recorder && this.sender.push(bytes),
      () => this.recorder === recorder && this.restart(),
    );
    this.recorder = recorder;
    this.sender.begin(recorder.id, way.mime);
    try {
      recorder.start();
      this.isRecording = true;
    } catch {
      this.recorder = null; // the camera ended this moment: `lose` comes
    }
  }

  private async halt(): Promise<void> {
    await this.recorder?.stop();
    this.recorder = null;
    this.isRecording = false;
    this.sender.finish();
  }

  private dial(): Socket {
    const address = new URL(this.boot.socket, location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    return new WebSocket(address) as Socket;
  }

  private hear(news: FeedNews): void {
    const could = this.maySend;
    this.news = news;
    const isMissing = this.step === 'ready' && !this.isRecording && !this.turning;
    if (this.maySend !== could || (this.maySend && isMissing)) this.restart();
  }

  private connected(state: 'open' | 'lost', failures: number): void {
    this.connection = state;
    if (state === 'open') void this.readMessages();
    if (state === 'lost') {
      this.quality = 'cut';
      this.figures = null;
    }
    if (failures >= LOOK_AFTER_FAILURES) void this.look();
  }

  /** Whether there still is a page at this address. */
  private async look(): Promise<void> {
    try {
      const { status } = await fetch(location.href, { method: 'HEAD', cache: 'no-store' });
      this.isGone = GONE.includes(status);
    } catch {
      // No network: the sender goes on trying.
    }
    if (this.isGone) {
      this.sender.close();
      await this.halt();
      stopAll(this.stream);
    }
  }

  private refuse(code: string, message: string): void {
    if (code !== NOT_LET_IN) this.refusal = { code, message };
    void this.halt();
  }

  private async readMessages(): Promise<void> {
    try {
      const answer = await fetch(this.boot.messages_url, { cache: 'no-store' });
      if (!answer.ok) return;
      const { messages } = (await answer.json()) as { messages: MessageCard[] };
      const last = this.messages.at(-1)?.id ?? 0;
      const read = new Set(this.messages.filter(({ is_seen }) => is_seen).map(({ id }) => id));
      // What was read here a moment ago stays read, though the server may not know it yet.
      this.messages = messages.map((one) => (read.has(one.id) ? { ...one, is_seen: true } : one));
      if (this.messages.some(({ id, is_seen }) => id > last && !is_seen)) navigator.vibrate?.(120);
    } catch {
      // No network: the next connection asks again.
    }
  }

  private warn(message: string): void {
    this.problem = message;
    clearTimeout(this.problemEnds);
    this.problemEnds = setTimeout(() => (this.problem = ''), PROBLEM_MS);
  }

  private change(change: PhoneChange): void {
    if (change.kind === 'on_air') this.onAir = change.card;
    else if (change.kind === 'session') this.session = change.session;
  }

  private woken(): void {
    if (document.hidden) return;
    this.sender.wake();
    this.receipts.wake();
    if (this.step === 'ready') void this.stayAwake();
    if (this.stream && !this.stream.active) void this.turnOn();
  }

  private async stayAwake(): Promise<void> {
    try {
      this.lock = (await navigator.wakeLock?.request('screen')) ?? null;
    } catch {
      // Low on battery, or the browser has no such thing.
    }
  }
}
