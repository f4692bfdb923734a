"""Lineage: select elements of a document, and follow its relations from effect to cause or back."""
