// The questions wall. Messages: WallState, then WallChange (walls/wire.py).
import '../../design/web/base.css';
import './wall.css';
import { mount } from 'svelte';
import { readBoot, sourceOf, type Boot } from '../../design/web/boot';
import { follow } from '../../design/web/live';
import { clock } from '../../design/web/time.svelte';
import { isCalm } from './motion';
import { dim, keepAwake } from './screen';
import Screen from './Wall.svelte';
import { Wall } from './wall.svelte';
import type { WallChange, WallState } from './wire';

export interface WallBoot extends Boot {
  /** What the wall shows before its stream speaks. */
  state: WallState;
  at: string;
  /** The phone page's QR code, an image's address. */
  qr: string;
  zone: string;
}

const { screen, boot } = readBoot<WallBoot>();
const wall = new Wall(boot.state);
clock.hear(new Date(boot.at));
dim(boot.state.session.is_dark);
if (isCalm()) document.documentElement.dataset.calm = '';
keepAwake();

follow<WallState, WallChange>(sourceOf(boot), {
  snapshot(state, at) {
    clock.hear(at);
    wall.state = state;
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
mount(Screen, { target: screen, props: { wall, boot } });
