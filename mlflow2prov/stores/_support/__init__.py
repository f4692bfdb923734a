"""Addresses, properties and batches that several stores share."""
