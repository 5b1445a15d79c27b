// What a videos wall knows and which scene it shows; no markup, no network.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import type { Status } from '../../design/web/live';
import { ratioOf } from './tiles';
import type { RelayTile, Tile, VideosChange, VideosState } from './wire';

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

/** One picture of the mosaic: a feed of ours, or a video from elsewhere in a frame of its own. */
export interface Hanging {
  key: string;
  name: string;
  /** What they ask, or where they are. */
  line: string;
  isOnAir: boolean;
  isLarge: boolean;
  ratio: number;
  /** The playlist of a feed; empty where it is not known yet. */
  hls: string;
  /** The page of a video from elsewhere. */
  frame: string;
}

export class Videos {
  state = $state.raw<VideosState>()!;
  status = $state.raw<Status | null>(null);
  private wanted = $state(false);
  /** Those whose picture stands still. They are followed all the same, so that they come back. */
  readonly still = new SvelteSet<string>();
  /** Width to height of videos from elsewhere, once they have come. */
  readonly ratios = new SvelteMap<string, number>();

  constructor(
    first: VideosState,
    readonly asked: Asked = { layout: 'both', ownMonitor: false },
    private readonly slate: { isOn: boolean } = { isOn: false },
    /** Below which address the pages of videos from elsewhere lie. */
    private readonly relaysUrl = '',
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
      else if (change.kind === 'relays') next = { ...next, relays: change.relays };
      else if (change.kind === 'programme') next = { ...next, programme: change.programme };
      else if (change.kind === 'on_air') next = { ...next, on_air: change.card };
      else if (change.kind === 'session') next = { ...next, session: change.session };
    }
    this.state = next;
  }

  /** What the wall follows, seen or not. */
  get followed(): Hanging[] {
    if (this.status?.state === 'forbidden' || this.asked.layout === 'single') return [];
    const { tiles, relays } = this.state;
    const isChosen = relays.some((relay) => relay.is_large && !this.still.has(keyOf(relay)));
    return [
      ...tiles.map((tile) => this.feed(tile, isChosen)),
      ...relays.map((relay) => this.relay(relay)),
    ];
  }

  /** Those of them with a picture. */
  get tiles(): Hanging[] {
    return this.followed.filter(({ key }) => !this.still.has(key));
  }

  /** The videos from elsewhere whose picture stands still here. */
  get stillRelays(): number[] {
    return this.state.relays.filter((relay) => this.still.has(keyOf(relay))).map(({ id }) => id);
  }

  private feed(tile: Tile, isAnotherLarge: boolean): Hanging {
    return {
      key: `feed ${tile.id}`,
      name: tile.name,
      line: tile.question,
      isOnAir: tile.is_on_air,
      isLarge: tile.is_on_air && !isAnotherLarge,
      ratio: ratioOf(tile.width_px, tile.height_px),
      hls: tile.hls,
      frame: '',
    };
  }

  private relay(relay: RelayTile): Hanging {
    const key = keyOf(relay);
    return {
      key,
      name: relay.name,
      line: relay.place,
      isOnAir: false,
      isLarge: relay.is_large,
      ratio: ratioOf((this.ratios.get(key) ?? 0) * 900, 900),
      hls: '',
      frame: `${this.relaysUrl}${relay.id}?v=${relay.version}`,
    };
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

  /** Whether this one is heard: what the crew chose of elsewhere, else the feed on air. */
  hears(one: Hanging): boolean {
    if (!this.heard) return false;
    const chosen = this.state.relays.find(({ is_heard }) => is_heard);
    return chosen ? one.key === keyOf(chosen) : one.isOnAir;
  }
}

const keyOf = (relay: RelayTile) => `relay ${relay.id}`;

// Up to how many letters a question has so many px of height, at 1920x1080.
const HEIGHTS: [number, number][] = [
  [44, 74],
  [110, 136],
  [Infinity, 186],
];

/** How high the place of a question in a lower third is: short ones take less of the picture. */
export const heightFor = (text: string) => HEIGHTS.find(([letters]) => text.length <= letters)![1];
