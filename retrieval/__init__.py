"""The commands a user runs: index, query, eval, and the library object behind them."""
