// The crew's list of videos from elsewhere, as the remote has it. No markup.
import type { Remote } from './remote.svelte';

/** A video from elsewhere, as /api/v1 tells of it. */
export interface Relay {
  id: number;
  way: 'hls' | 'file' | 'youtube' | 'twitch' | 'peertube';
  page: string;
  name: string;
  place: string;
  state: 'waiting' | 'shown' | 'gone';
  is_on_wall: boolean;
  is_large: boolean;
  is_heard: boolean;
  may_be_heard: boolean;
  message: string;
  still_on: number;
  approved_by: string;
}

export interface VideoPost {
  id: number;
  url: string;
  author: string;
  text: string;
}

type Change = Partial<Pick<Relay, 'is_on_wall' | 'is_large' | 'is_heard'>> & { position?: number };

export class Relays {
  list = $state.raw<Relay[]>([]);
  /** Posts that hold a video; null until somebody asked for them. */
  posts = $state.raw<VideoPost[] | null>(null);
  isAdding = $state(false);

  constructor(private readonly remote: Remote) {}

  async look(): Promise<void> {
    this.list = (await this.remote.read<Relay[]>('relays')) ?? this.list;
  }

  async lookForPosts(): Promise<void> {
    this.posts = (await this.remote.read<VideoPost[]>('relays/posts')) ?? this.posts ?? [];
  }

  async add(address: string, name = '', place = ''): Promise<boolean> {
    this.isAdding = true;
    const body = { address, name, place };
    const isAdded = await this.remote.send('POST', `/sessions/${this.remote.boot.slug}/relays`, body);
    this.isAdding = false;
    if (isAdded) {
      this.posts = this.posts?.filter(({ url }) => url !== address) ?? null;
      await this.look();
    }
    return isAdded;
  }

  async change(relay: Relay, change: Change): Promise<void> {
    await this.remote.send('PATCH', `/relays/${relay.id}`, change);
    await this.look();
  }

  async remove(relay: Relay): Promise<void> {
    await this.remote.send('DELETE', `/relays/${relay.id}`);
    await this.look();
  }

  pageOf = (relay: Relay) => `${this.remote.boot.relays_url}${relay.id}`;
}
