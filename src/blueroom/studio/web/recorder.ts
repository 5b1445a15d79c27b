// One run of the browser's recorder: its chunks come in order, the last one before it is stopped.
import { optionsFor, type Way } from './recording';

export class Recorder {
  readonly id = crypto.randomUUID();
  private readonly recorder: MediaRecorder;
  private order: Promise<void> = Promise.resolve();
  private readonly stopped: Promise<void>;

  constructor(
    stream: MediaStream,
    private readonly way: Way,
    video_bps: number,
    chunk: (bytes: ArrayBuffer) => void,
    /** It stopped, and nobody had asked it to. */
    broken: () => void,
  ) {
    this.recorder = new MediaRecorder(stream, optionsFor(way, video_bps));
    this.recorder.ondataavailable = ({ data }) => {
      if (data.size) this.order = this.order.then(async () => chunk(await data.arrayBuffer()));
    };
    this.stopped = new Promise((done) => {
      this.recorder.onstop = () => {
        done();
        if (!this.isAsked) broken();
      };
    });
  }

  private isAsked = false;

  start(): void {
    this.recorder.start(this.way.timeslice_ms);
  }

  /** Resolves when the last chunk was given. */
  async stop(): Promise<void> {
    this.isAsked = true;
    if (this.recorder.state === 'inactive') return this.order;
    this.recorder.stop();
    await this.stopped;
    await this.order;
  }
}
