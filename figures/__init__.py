"""The papers' figures: compute, store, plot."""
