"""Git commands on repositories that may be hostile: their settings, their output as text, and their end."""
