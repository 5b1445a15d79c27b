"""What became of a session: one page to read, print, download and share."""
