// The walls. Messages: WallState, then WallChange, on the questions wall; VideosState, then
// VideosChange, on the videos wall (walls/wire.py); HeatState, then HeatChange, on the heat map
// (walls/heat_wire.py).
import '../../design/web/base.css';
import './wall.css';
import { mount } from 'svelte';
import { keepAwake } from '../../design/web/awake';
import { readBoot, sourceOf, type Boot } from '../../design/web/boot';
import { follow, type Status } from '../../design/web/live';
import { Slate, type SlateState } from '../../design/web/slate.svelte';
import Cover from '../../design/web/Slate.svelte';
import { nameOf } from '../../design/web/theme';
import { clock } from '../../design/web/time.svelte';
import { words } from '../../design/web/words';
import { isCalm } from './motion';
import { optionsOf } from './overlay';
import type { RemoteBoot } from './remote.svelte';
import { keepReporting, type Shown } from './report';
import { wearOnWall } from './screen';
import Questions from './Wall.svelte';
import { spokenIn, Wall } from './wall.svelte';
import Cameras from './Videos.svelte';
import { askedBy, Videos } from './videos.svelte';
import type { HeatChange, HeatState, SessionCard, VideosState, WallState } from './wire';
import en from './words/en.json';
import fr from './words/fr.json';

interface AnyBoot<Screen, State> extends Boot {
  screen: Screen;
  /** What the wall shows before its stream speaks; of the videos wall without the monitors. */
  state: State;
  /** The slate that may cover it. */
  slate: SlateState;
  at: string;
  /** The address by which it was opened, as the crew chooses scenes for it. */
  link_id: number;
  report_url: string;
  build: string;
  /** The phone page's QR code, an image's address. */
  qr: string;
  zone: string;
}
export type WallBoot = AnyBoot<'wall_questions' | 'overlay', WallState>;
export type VideosBoot = AnyBoot<'wall_videos', VideosState> & { relays_url: string };
export type HeatBoot = AnyBoot<'wall_heat', HeatState> & { points_url: string };

/** What a wall knows, kept up to date by its stream. */
interface Follower<State, Change> {
  state: State;
  status: Status | null;
  apply(changes: Change[]): void;
  /** Where a snapshot is more than a new state. */
  hear?(state: State): void;
}

function keepUp<State extends { session: SessionCard }, Change>(
  wall: Follower<State, Change>,
  boot: WallBoot | VideosBoot | HeatBoot,
): void {
  follow<State, Change>(sourceOf(boot), {
    snapshot(state, at) {
      clock.hear(at);
      if (wall.hear) wall.hear(state);
      else wall.state = state;
      wearOnWall(state.session);
    },
    changes(changes) {
      wall.apply(changes);
      wearOnWall(wall.state.session);
    },
    status(status) {
      wall.status = status;
    },
  });
}

const { screen, boot } = readBoot() as {
  screen: HTMLElement;
  boot: WallBoot | VideosBoot | HeatBoot | RemoteBoot;
};
if (boot.screen === 'remote') drive(boot);
else show(boot);

/** The remote: what drives the walls. */
function drive(boot: RemoteBoot): void {
  void import('./remote').then(({ open }) => open(screen, boot));
}

function show(boot: WallBoot | VideosBoot | HeatBoot): void {
  clock.hear(new Date(boot.at));
  wearOnWall(boot.state.session);
  if (isCalm()) document.documentElement.dataset.calm = '';
  keepAwake();

  const options = boot.screen === 'overlay' ? optionsOf(location.search) : null;
  const slate = new Slate(boot.slate);
  const { languages } = boot.state.session;
  const name = nameOf(boot.state.session, boot.language, words(boot.language, { fr, en })('house'));
  if (!options || options.parts.has('slate')) {
    mount(Cover, {
      target: document.body,
      props: { slate, languages: spokenIn(boot.language, languages), name },
    });
  }
  slate.follow(boot.slug);

  if (boot.screen === 'wall_videos') {
    // Walls are opened long before the show: what plays is there when it begins, network or not.
    void import('hls.js/light').catch(() => {});
    const wall = new Videos(boot.state, askedBy(location.search), slate, boot.relays_url);
    keepUp(wall, boot);
    mount(Cameras, { target: screen, props: { wall, boot } });
    tellOf('videos', boot, slate, wall);
    return;
  }
  if (boot.screen === 'wall_heat') {
    void import('./heat/open').then(({ open }) => {
      const wall = open(screen, boot);
      keepUp<HeatState, HeatChange>(wall, boot);
      tellOf('heat', boot, slate, {
        scene: 'map',
        get state() {
          return wall.state;
        },
        get status() {
          return wall.status;
        },
      });
    });
    return;
  }
  const wall = new Wall(boot.state, options ? 0 : boot.link_id);
  keepUp(wall, boot);
  tellOf(options ? 'overlay' : 'questions', boot, slate, wall);
  if (!options) {
    mount(Questions, { target: screen, props: { wall, boot } });
    return;
  }
  document.documentElement.style.setProperty('--scale', String(options.scale));
  void import('./Overlay.svelte').then(({ default: Overlay }) =>
    mount(Overlay, { target: screen, props: { wall, boot, options, slate } }),
  );
}

/** As much of a wall as is reported. */
interface Reported {
  readonly scene: string;
  readonly state: { session: SessionCard; on_air?: { text: string } | null };
  readonly status: Status | null;
  readonly stillRelays?: number[];
}

/** Reports what the wall shows from now on. */
function tellOf(
  kind: Shown['kind'],
  boot: WallBoot | VideosBoot | HeatBoot,
  slate: Slate,
  wall: Reported,
): void {
  keepReporting(boot.report_url, boot.build, () => ({
    kind,
    scene: wall.scene,
    title: wall.state.on_air?.text ?? '',
    still_relays: wall.stillRelays ?? [],
    is_covered: slate.isOn,
    is_stale: wall.status?.state === 'stale',
    mayReload: slate.isOn || wall.state.session.state !== 'on_air',
  }));
}
