"""From a question to hits: the query vector, the search, grouping."""
