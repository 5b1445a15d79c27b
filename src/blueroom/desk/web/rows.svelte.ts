// The questions the desk holds: what the server said, and over it what we hope it will say.
import type { Row } from './wire';

export class Rows {
  /** Grows with every change; read it to be told. */
  version = $state(0);
  /** Ids in order of arrival, newest first. */
  ids: number[] = [];

  private told = new Map<number, Row>();
  private hoped = new Map<number, Row>();

  /** As it is to be shown. */
  get(id: number): Row | undefined {
    return (this.hoped.size ? this.hoped.get(id) : undefined) ?? this.told.get(id);
  }

  /** As the server last said. */
  fromServer(id: number): Row | undefined {
    return this.told.get(id);
  }

  isOnItsWay = (id: number) => this.hoped.has(id);

  /** The whole truth anew. */
  replace(rows: Row[]): void {
    this.told = new Map(rows.map((row) => [row.id, row]));
    this.ids = [...this.told.keys()].sort((one, other) => other - one);
    this.version += 1;
  }

  /** New values of some rows; those older than what is known are left out. */
  put(rows: Row[]): void {
    const arrived: number[] = [];
    for (const row of rows) {
      const known = this.told.get(row.id);
      if (known && known.revision > row.revision) continue;
      if (!known) arrived.push(row.id);
      this.told.set(row.id, row);
    }
    if (arrived.length) this.ids = merged(arrived, this.ids);
    this.version += 1;
  }

  drop(ids: Iterable<number>): void {
    const gone = new Set(ids);
    for (const id of gone) {
      this.told.delete(id);
      this.hoped.delete(id);
    }
    this.ids = this.ids.filter((id) => !gone.has(id));
    this.version += 1;
  }

  /** Show a row as if its decision had been taken. */
  hope(row: Row): void {
    this.hoped.set(row.id, row);
    this.version += 1;
  }

  /** Show a row as the server has it. */
  settle(id: number): void {
    if (this.hoped.delete(id)) this.version += 1;
  }
}

function merged(arrived: number[], ids: number[]): number[] {
  arrived.sort((one, other) => other - one);
  const oldest = arrived.at(-1) ?? 0;
  const all = [...arrived, ...ids];
  // Nearly always all newer than what is there; older ones come by search or by scrolling.
  return oldest > (ids[0] ?? 0) ? all : all.sort((one, other) => other - one);
}
