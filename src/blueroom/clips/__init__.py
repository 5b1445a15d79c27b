"""Clips: an answer cut out of its recording, its page, its captions and its rendered files."""
