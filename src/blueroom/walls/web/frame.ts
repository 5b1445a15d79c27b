// The page of one video from elsewhere, in a frame of the videos wall or of the remote: its policy
// opens what its one player loads. Says what it knows (framed.ts), and is told whether it is heard.
import './frame.css';
import { readBoot } from '../../design/web/boot';
import { Playback, type Library } from '../../design/web/playback';
import { type FrameSays, readHeard, YOUTUBE_LISTENING, youtubeCommand, youtubeSays } from './framed';
import { Pulse } from './pulse';

interface RelayBoot {
  way: 'hls' | 'file' | 'youtube' | 'twitch' | 'peertube';
  src: string;
  name: string;
}

const LOOK_MS = 250;
const SAY_MS = 1_000;
const COMING_MS = 20_000;
const AGAIN_MS = 5_000;
const SANDBOX = 'allow-scripts allow-same-origin allow-presentation';

const { screen, boot } = readBoot<RelayBoot>();
const says: FrameSays = { there: true, ratio: null, isSilenced: false };
const say = () => parent.postMessage(says, location.origin);
const know = (there: boolean) => {
  if (there === says.there) return;
  says.there = there;
  say();
};

function onHeard(work: (heard: boolean) => void): void {
  let last: boolean | null = null;
  addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.source !== parent || event.origin !== location.origin) return;
    const heard = readHeard(event.data);
    if (heard === null || heard === last) return;
    last = heard;
    work(heard);
  });
}

/** The whole library: streams of others may have captions, and sound in a playlist of its own. */
const whole = async () => (await import('hls.js')).default as Library;

function play(): void {
  const video = document.createElement('video');
  Object.assign(video, { muted: true, playsInline: true, autoplay: true, disableRemotePlayback: true });
  video.setAttribute('aria-label', boot.name);
  screen.append(video);
  const silenced = () => {
    video.muted = true;
    parent.postMessage({ ...says, isSilenced: true }, location.origin);
  };
  const pulse = new Pulse(performance.now());
  if (boot.way === 'hls') {
    new Playback(
      video,
      boot.src,
      (playing) => playing === 'blocked' && !video.muted && silenced(),
      whole,
    );
  } else {
    video.src = boot.src;
    video.addEventListener('error', () => setTimeout(() => video.load(), AGAIN_MS));
  }
  setInterval(() => {
    // A film, not a stream: it begins anew, and once all of it is here no more of it comes.
    const isFilm = Number.isFinite(video.duration);
    video.loop = isFilm;
    const { buffered, currentTime } = video;
    const until_s = isFilm ? currentTime : buffered.length ? buffered.end(buffered.length - 1) : 0;
    know(pulse.feel(currentTime, until_s, performance.now()));
    video.classList.toggle('moves', pulse.hasMoved);
  }, LOOK_MS);
  video.addEventListener('resize', () => {
    if (!video.videoWidth) return;
    says.ratio = video.videoWidth / video.videoHeight;
    say();
  });
  showCaptions(video);
  onHeard((heard) => {
    video.muted = !heard;
    if (video.paused) video.play().catch(() => heard && silenced());
  });
}

/** Shows what the stream brings: in the wall's language where it is there, else what comes first. */
function showCaptions(video: HTMLVideoElement): void {
  const choose = () => {
    const tracks = [...video.textTracks].filter(({ kind }) => kind === 'captions' || kind === 'subtitles');
    const [first] = tracks;
    const chosen = tracks.find(({ language }) => language.split('-')[0] === boot.language) ?? first;
    for (const track of tracks) {
      const mode = track === chosen ? 'showing' : 'disabled';
      if (track.mode !== mode) track.mode = mode;
    }
  };
  video.textTracks.addEventListener('addtrack', choose);
}

function frame(): void {
  const player = document.createElement('iframe');
  player.title = boot.name;
  player.allow = 'autoplay; encrypted-media';
  player.referrerPolicy = 'strict-origin-when-cross-origin'; // YouTube plays for nobody unnamed
  player.setAttribute('sandbox', SANDBOX);
  player.src = boot.src;
  let hasLoaded = false;
  player.addEventListener('load', () => {
    hasLoaded = true;
    know(true);
    if (boot.way === 'youtube') speak(YOUTUBE_LISTENING);
  });
  setTimeout(() => hasLoaded || know(false), COMING_MS);
  screen.append(player);

  const { origin } = new URL(boot.src);
  const speak = (words: string) => player.contentWindow?.postMessage(words, origin);
  if (boot.way !== 'youtube') return; // no other player listens to words that are documented
  addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.source !== player.contentWindow || event.origin !== origin) return;
    const there = youtubeSays(event.data);
    if (there !== null) know(there);
  });
  onHeard((heard) => speak(youtubeCommand(heard ? 'unMute' : 'mute')));
}

if (boot.way === 'hls' || boot.way === 'file') play();
else frame();
setInterval(say, SAY_MS); // whoever frames it may listen only now
