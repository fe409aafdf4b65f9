"""Studies of what the five originals claim: a file each, their results, the registry of claims."""
