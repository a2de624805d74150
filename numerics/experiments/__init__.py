"""Experiments of papers at their own size, as grids of cells."""
