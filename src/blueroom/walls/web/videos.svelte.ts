// What a videos wall knows and which scene it shows; no markup, no network.
import { SvelteSet } from 'svelte/reactivity';
import type { Status } from '../../design/web/live';
import type { Tile, VideosChange, VideosState } from './wire';

export type VideosScene = 'mosaic' | 'single' | 'invite' | 'after' | 'detached';

/** What the wall's address asks for: `?layout=single`, `?layout=mosaic`, `?own=monitor`. */
export interface Asked {
  layout: 'single' | 'mosaic' | 'both';
  /** The single picture without delay: for the room that it is taken in. */
  ownMonitor: boolean;
}

export function askedBy(query: string): Asked {
  const words = new URLSearchParams(query);
  const layout = words.get('layout');
  return {
    layout: layout === 'single' || layout === 'mosaic' ? layout : 'both',
    ownMonitor: words.get('own') === 'monitor',
  };
}

export class Videos {
  state = $state.raw<VideosState>()!;
  status = $state.raw<Status | null>(null);
  private wanted = $state(false);
  /** Feeds whose picture stands still. They are followed all the same, so that they come back. */
  readonly still = new SvelteSet<number>();

  constructor(
    first: VideosState,
    readonly asked: Asked = { layout: 'both', ownMonitor: false },
    private readonly slate: { isOn: boolean } = { isOn: false },
  ) {
    this.state = first;
  }

  /** Whether somebody at the wall wants to hear it; nothing is heard under the slate. */
  get heard(): boolean {
    return this.wanted && !this.slate.isOn;
  }
  set heard(wanted: boolean) {
    this.wanted = wanted;
  }

  /** Takes each change in the order it was told; each is the whole new value of its part. */
  apply(changes: VideosChange[]): void {
    let next = this.state;
    for (const change of changes) {
      if (change.kind === 'tiles') next = { ...next, tiles: change.tiles };
      else if (change.kind === 'programme') next = { ...next, programme: change.programme };
      else if (change.kind === 'on_air') next = { ...next, on_air: change.card };
      else if (change.kind === 'session') next = { ...next, session: change.session };
    }
    this.state = next;
  }

  /** The feeds that the wall follows, seen or not. */
  get followed(): Tile[] {
    const isSilent = this.status?.state === 'forbidden' || this.asked.layout === 'single';
    return isSilent ? [] : this.state.tiles;
  }

  /** Those of them with a picture. */
  get tiles(): Tile[] {
    return this.followed.filter(({ id }) => !this.still.has(id));
  }

  get scene(): VideosScene {
    const { programme, session } = this.state;
    if (this.status?.state === 'forbidden') return 'detached';
    if (this.tiles.length) return 'mosaic';
    if (programme && this.asked.layout !== 'mosaic') return 'single';
    return session.state === 'closed' ? 'after' : 'invite';
  }

  /** The address of the single picture; empty where it has not come yet. */
  get single(): string {
    const { programme } = this.state;
    if (!programme) return '';
    return (this.asked.ownMonitor && programme.monitor) || programme.hls;
  }

  /** Whether this tile is the one that is heard: only ever the feed on air. */
  hears(tile: Tile): boolean {
    return this.heard && tile.is_on_air;
  }
}

// Up to how many letters a question has so many px of height, at 1920x1080.
const HEIGHTS: [number, number][] = [
  [44, 74],
  [110, 136],
  [Infinity, 186],
];

/** How high the place of a question in a lower third is: short ones take less of the picture. */
export const heightFor = (text: string) => HEIGHTS.find(([letters]) => text.length <= letters)![1];
