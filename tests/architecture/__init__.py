"""What the tree promises about itself: layers are import-linter's, the rest is here."""
