"""Networks from clips to a feature map, one family a file; none has a classifier."""
