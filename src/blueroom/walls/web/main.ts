// The walls. Messages: WallState, then WallChange, on the questions wall; VideosState, then
// VideosChange, on the videos wall (walls/wire.py); HeatState, then HeatChange, on the heat map
// (walls/heat_wire.py).
import '../../design/web/base.css';
import './wall.css';
import { mount } from 'svelte';
import { readBoot, sourceOf, type Boot } from '../../design/web/boot';
import { follow, type Status } from '../../design/web/live';
import { clock } from '../../design/web/time.svelte';
import { isCalm } from './motion';
import { dim, keepAwake } from './screen';
import Questions from './Wall.svelte';
import { Wall } from './wall.svelte';
import Cameras from './Videos.svelte';
import { askedBy, Videos } from './videos.svelte';
import type { HeatChange, HeatState, SessionCard, VideosState, WallState } from './wire';

interface AnyBoot<Screen, State> extends Boot {
  screen: Screen;
  /** What the wall shows before its stream speaks; of the videos wall without the monitors. */
  state: State;
  at: string;
  /** The phone page's QR code, an image's address. */
  qr: string;
  zone: string;
}
export type WallBoot = AnyBoot<'wall_questions', WallState>;
export type VideosBoot = AnyBoot<'wall_videos', VideosState>;
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
      dim(state.session.is_dark);
    },
    changes(changes) {
      wall.apply(changes);
      dim(wall.state.session.is_dark);
    },
    status(status) {
      wall.status = status;
    },
  });
}

const { screen, boot } = readBoot() as { screen: HTMLElement; boot: WallBoot | VideosBoot | HeatBoot };
clock.hear(new Date(boot.at));
dim(boot.state.session.is_dark);
if (isCalm()) document.documentElement.dataset.calm = '';
keepAwake();

if (boot.screen === 'wall_videos') {
  // Walls are opened long before the show: what plays is there when it begins, network or not.
  void import('hls.js/light').catch(() => {});
  const wall = new Videos(boot.state, askedBy(location.search));
  keepUp(wall, boot);
  mount(Cameras, { target: screen, props: { wall, boot } });
} else if (boot.screen === 'wall_heat') {
  void import('./heat/open').then(({ open }) => keepUp<HeatState, HeatChange>(open(screen, boot), boot));
} else {
  const wall = new Wall(boot.state);
  keepUp(wall, boot);
  mount(Questions, { target: screen, props: { wall, boot } });
}
