"""The app in a browser: who may open it, what its pages are, and how the program behind them is spoken to."""
