"""Speed and memory, measured; each module's `run()` gives one flat dictionary of figures."""
