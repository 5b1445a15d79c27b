// Sees a feed by WebRTC, with a third of a second's delay: WebRTC-HTTP Egress Protocol,
// https://datatracker.ietf.org/doc/draft-ietf-wish-whep/ (read on 2026-11-26).
import type { Playing, Plays } from '../../design/web/playback';

const CONNECTED_MS = 5_000;
const GATHERED_MS = 1_500;

export class Whep implements Plays {
  readonly shownAt = 'now';
  private readonly peer = new RTCPeerConnection();
  private resource: string | null = null;
  private isOver = false;
  private readonly giveUp: ReturnType<typeof setTimeout>;

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly address: string,
    private readonly tell: (playing: Playing) => void,
    /** It does not work from here: another way is wanted. */
    private readonly failed: () => void,
  ) {
    this.giveUp = setTimeout(() => this.fail(), CONNECTED_MS);
    tell('coming');
    void this.begin().catch(() => this.fail());
  }

  play(): void {
    void this.video.play().catch(() => this.tell('blocked'));
  }

  pause(): void {
    this.video.pause();
  }

  stop(): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.giveUp);
    this.peer.close();
    this.video.srcObject = null;
    if (this.resource) void fetch(this.resource, { method: 'DELETE' }).catch(() => {});
  }

  private fail(): void {
    if (this.isOver) return;
    this.stop();
    this.failed();
  }

  private async begin(): Promise<void> {
    const { peer, video } = this;
    const stream = new MediaStream();
    for (const kind of ['video', 'audio']) peer.addTransceiver(kind, { direction: 'recvonly' });
    peer.ontrack = ({ track }) => {
      stream.addTrack(track);
      video.srcObject = stream;
      this.play();
    };
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'connected') clearTimeout(this.giveUp);
      if (peer.connectionState === 'failed') this.fail();
    };
    video.addEventListener('playing', () => this.isOver || this.tell('playing'));
    await peer.setLocalDescription(await peer.createOffer());
    await this.gathered();
    const response = await fetch(this.address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: peer.localDescription?.sdp ?? '',
    });
    const location = response.headers.get('Location');
    if (location) this.resource = new URL(location, response.url).href;
    if (!response.ok || this.isOver) return this.fail();
    await peer.setRemoteDescription({ type: 'answer', sdp: await response.text() });
  }

  private gathered(): Promise<void> {
    return new Promise((done) => {
      setTimeout(done, GATHERED_MS);
      const look = () => this.peer.iceGatheringState === 'complete' && done();
      this.peer.onicegatheringstatechange = look;
      look();
    });
  }
}
