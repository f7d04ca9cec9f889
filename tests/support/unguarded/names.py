"""The guards that can be taken out, and the violations by which each is missed: one of them at least."""

FINDS = {
    "inbox": ("I3b", "I3"),
    "tombstone": ("I8", "I15"),
    "first-writer": ("chaos_attention", "I6", "I6b", "I6c", "I15"),
    "command-tag": ("I4", "I15"),
    "gap-rule": ("I12",),
    "closing": ("I15", "I21"),
}
