"""Readers, writers and names that several formats share."""
