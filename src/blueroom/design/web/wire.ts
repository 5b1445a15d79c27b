// Written by `python -m blueroom.config.wire` from updates/slate.py: change it there.

export interface SlateChanged {
  kind: 'slate';
  slate: Slate;
}

export interface Slate {
  is_on: boolean;
  since: string | null;
  number: number;
}
