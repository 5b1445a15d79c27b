"""A session as one folder that anyone can read, and back again; what is forgotten, and when."""
