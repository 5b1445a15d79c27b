"""The studio: feeds that come in, what the public sees, recordings, and the answers in them."""
