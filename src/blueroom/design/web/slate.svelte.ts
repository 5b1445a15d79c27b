// The slate that may cover every screen of a session: followed apart from all the rest, without a
// ticket, so that it comes also when the server has lost its database.
import { follow, type Line } from './live';
import type { Slate as SlateState, SlateChanged } from './wire';

export type { Slate as SlateState } from './wire';

export class Slate {
  state = $state.raw<SlateState>(null!);

  constructor(first: SlateState) {
    this.state = first;
  }

  get isOn(): boolean {
    return this.state.is_on;
  }

  take(state: SlateState): void {
    if (state.number >= this.state.number) this.state = state;
  }

  /** Follows the session's slate. `live` for a screen whose own stream needs no ticket either. */
  follow(slug: string, by: Line = 'apart'): void {
    const source = { topic: `${slug}/slate`, stream: `/live/${slug}/slate`, ticketUrl: null };
    follow<SlateState, SlateChanged>(
      source,
      {
        snapshot: (state) => this.take(state),
        changes: (changes) => changes.forEach(({ slate }) => this.take(slate)),
        status: () => {}, // a lost line leaves the screen as it is: covered stays covered
      },
      by,
    );
  }
}
