"""Rendering: results as text, tables, JSON, Markdown, SARIF and HTML."""
