"""Pictures and sound: packaging what feeds send, HLS, recordings, cutting, rendering. No Django.

Whatever parses what came from outside runs in a child process with limits (`packer`, `jobs`): a
crash of one harms no other, and none of them can reach the network.
"""
