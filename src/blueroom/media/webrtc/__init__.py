"""WebRTC: feeds that come in by WHIP, and viewers that watch by WHEP, in a process of their own.

`line` is what the rest of the house sees. All other modules run in the child, and only they import
aiortc, which is an optional extra. README.md says how it works and what was measured.
"""
