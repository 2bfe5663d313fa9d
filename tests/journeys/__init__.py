"""Whole stories through the real command line, the real store and the shipped model."""
