"""Live updates: telling screens that something changed. No Django here.

A lost message is harmless: the snapshot is the truth. Rooms say what changed by `tell.changed`;
the serving process makes each screen's changes of it and hands them to the `hub`.
"""
