"""From files to rows in the store: what changed, decode, encode, one transaction a video."""
