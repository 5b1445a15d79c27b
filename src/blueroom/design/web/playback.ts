// Plays a live stream in a <video>: always at its edge, and again after whatever went wrong.
//
// hls.js is loaded when a stream is to be played, never before. No worker: the content policy
// forbids the blob: script that it would start one from.
import type Hls from 'hls.js';
import type { ErrorData, LoadPolicy } from 'hls.js';
import {
  abilitiesOf,
  afterStall,
  cureFor,
  isStuck,
  jumpTo,
  marginNow,
  NO_MARGIN,
  NOT_YET_WAIT_MS,
  waitAfter,
  watch,
  type Watched,
  wayToPlay,
} from './player';

/** `coming`: not yet, or again. `playing`: it moves. `blocked`: the browser waits for a click.
 * `impossible`: this browser cannot. */
export type Playing = 'coming' | 'playing' | 'blocked' | 'impossible';

/** When what is seen was taken; null where that is not known. */
export type ShownAt = Date | 'now' | null;

/** Whatever plays into a <video>. */
export interface Plays {
  readonly shownAt: ShownAt;
  pause(): void;
  /** Plays from the edge. From a click it may also be heard. */
  play(): void;
  stop(): void;
}

export type Tell = (playing: Playing) => void;

export type Library = typeof import('hls.js').default;
/** What plays our own streams: it knows neither subtitles nor other sound tracks, which they do not
 * have. */
const light = async () => (await import('hls.js/light')).default as Library;

const CHECK_MS = 1_000;
// A connection that died without a word takes what is asked over it along. By itself hls.js waits
// twenty seconds for a playlist, and there may be six such connections.
const ANSWER_MS = 5_000;
// In its first moments a stream may stand still for want of pictures: that says nothing of the line.
const SETTLING_MS = 3_000;

export class Playback implements Plays {
  private hls: Hls | null = null;
  private library: Library | null = null;
  private failures = 0;
  private recoveredAt_ms = -Infinity;
  private watched: Watched = { at_s: -1, since_ms: 0 };
  private margin = NO_MARGIN;
  private moved_ms = Infinity; // since when this stream has played
  private again: ReturnType<typeof setTimeout> | undefined;
  private readonly checking: ReturnType<typeof setInterval>;
  private readonly way;
  private isOver = false;
  private isHeldBack = false; // somebody pressed pause
  private readonly listening = new AbortController();

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly address: string,
    private readonly tell: Tell,
    private readonly load: () => Promise<Library> = light,
  ) {
    this.way = wayToPlay(abilitiesOf(video));
    const { signal } = this.listening;
    video.addEventListener('playing', () => this.moves(), { signal });
    video.addEventListener('error', () => this.way === 'native' && this.reload(), { signal });
    document.addEventListener('visibilitychange', () => document.hidden || this.check(), { signal });
    this.checking = setInterval(() => this.check(), CHECK_MS);
    void this.begin();
  }

  /** As the stream's dates say. */
  get shownAt(): ShownAt {
    if (this.hls) return this.hls.playingDate;
    const start = (this.video as { getStartDate?: () => Date }).getStartDate?.().getTime();
    return start ? new Date(start + this.video.currentTime * 1000) : null;
  }

  pause(): void {
    this.isHeldBack = true;
    this.video.pause();
  }

  play(): void {
    this.isHeldBack = false;
    this.toEdge();
    void this.start();
  }

  stop(): void {
    this.isOver = true;
    clearInterval(this.checking);
    clearTimeout(this.again);
    this.listening.abort();
    this.hls?.destroy();
    this.hls = null;
    this.video.removeAttribute('src');
    this.video.load();
  }

  private async begin(): Promise<void> {
    this.tell('coming');
    if (this.way === 'none') return this.tell('impossible');
    if (this.way === 'native') {
      this.video.src = this.address;
      return this.start();
    }
    try {
      this.library ??= await this.load();
    } catch {
      return this.later(() => void this.begin()); // the network is away: the script did not come
    }
    if (this.isOver) return;
    if (!this.library.isSupported()) return this.tell('impossible');
    this.build(this.library);
    await this.start();
  }

  private build(library: Library): void {
    this.hls?.destroy();
    const { manifestLoadPolicy, playlistLoadPolicy, fragLoadPolicy } = library.DefaultConfig;
    const answered = (policy: LoadPolicy): LoadPolicy => ({
      default: { ...policy.default, maxTimeToFirstByteMs: ANSWER_MS },
    });
    const hls = new library({
      manifestLoadPolicy: answered(manifestLoadPolicy),
      playlistLoadPolicy: answered(playlistLoadPolicy),
      fragLoadPolicy: answered(fragLoadPolicy),
      enableWorker: false,
      lowLatencyMode: true,
      backBufferLength: 10,
      maxLiveSyncPlaybackRate: 1.1,
      liveSyncOnStallIncrease: 0, // ours: `keepMargin`
      // No liveSyncDurationCount: it would overrule the distance that the playlist asks for.
    });
    this.hls = hls;
    this.moved_ms = Infinity;
    hls.on(library.Events.ERROR, (_event, failure) => {
      if (failure.details === library.ErrorDetails.BUFFER_STALLED_ERROR) this.stalled();
      this.heal(failure);
    });
    hls.on(library.Events.FRAG_BUFFERED, () => {
      this.failures = 0;
      if (this.video.paused) void this.start();
    });
    hls.loadSource(this.address);
    hls.attachMedia(this.video);
  }

  private heal(failure: ErrorData): void {
    const kinds = { networkError: 'network', mediaError: 'media' } as const;
    const cure = cureFor(
      {
        isFatal: failure.fatal,
        kind: kinds[failure.type as keyof typeof kinds] ?? 'other',
        status: failure.response?.code,
        details: failure.details,
      },
      performance.now() - this.recoveredAt_ms,
    );
    if (cure === 'none') return;
    if (cure === 'recover') {
      this.recoveredAt_ms = performance.now();
      this.hls?.recoverMediaError();
      return;
    }
    this.tell('coming');
    if (cure === 'wait') this.in(NOT_YET_WAIT_MS, () => this.reload());
    else this.later(() => (cure === 'reload' ? this.reload() : this.rebuild()));
  }

  private reload(): void {
    if (this.hls) {
      this.hls.loadSource(this.address);
    } else if (this.way === 'native') {
      this.tell('coming');
      this.later(() => {
        this.video.src = this.address;
        void this.start();
      });
    }
  }

  private rebuild(): void {
    if (this.library) this.build(this.library);
  }

  private later(work: () => void): void {
    this.failures += 1;
    this.in(waitAfter(this.failures, Math.random()), work);
  }

  private in(wait_ms: number, work: () => void): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => this.isOver || work(), wait_ms);
  }

  private async start(): Promise<void> {
    if (this.isHeldBack) return;
    try {
      await this.video.play();
    } catch (error) {
      // Not allowed without a click; anything else is that there is nothing yet.
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.tell('blocked');
    }
  }

  private stalled(): void {
    const now_ms = performance.now();
    if (now_ms - this.moved_ms < SETTLING_MS || this.moved_ms > now_ms) return;
    this.margin = afterStall(this.margin, now_ms);
    this.keepMargin();
  }

  private keepMargin(): void {
    const asked_s = this.hls?.latestLevelDetails?.partHoldBack;
    if (!this.hls || !asked_s) return;
    this.margin = marginNow(this.margin, performance.now());
    const wanted_s = asked_s + this.margin.extra_s;
    if (this.hls.targetLatency !== wanted_s) this.hls.targetLatency = wanted_s;
  }

  private moves(): void {
    this.moved_ms = Math.min(this.moved_ms, performance.now());
    this.watched = { at_s: this.video.currentTime, since_ms: performance.now() };
    this.tell('playing');
  }

  private get edge_s(): number | null {
    if (this.hls) return this.hls.liveSyncPosition;
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - 2 : null;
  }

  private toEdge(): void {
    const to_s = jumpTo(this.video.currentTime, this.edge_s);
    if (to_s !== null) this.video.currentTime = to_s;
  }

  private check(): void {
    if (this.isHeldBack || this.video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    this.keepMargin();
    this.toEdge();
    const now_ms = performance.now();
    this.watched = watch(this.watched, this.video.currentTime, now_ms);
    if (document.hidden || !isStuck(this.watched, now_ms)) return;
    this.watched = { ...this.watched, since_ms: now_ms };
    this.tell('coming');
    if (this.way === 'native') this.reload();
    else this.rebuild();
  }
}
