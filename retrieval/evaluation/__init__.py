"""Retrieval protocol: clips to features, ranking, recall and its report."""
