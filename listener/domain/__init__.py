"""The nouns. Standard library only, frozen, no clock, no I/O. `docs` for the words: the README's glossary."""
