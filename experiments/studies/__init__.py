"""Studies of the claims of the five originals: one file each, their results, all claims."""
