"""Lineage: selecting elements of a document, and following its relations from effect to cause or back."""
