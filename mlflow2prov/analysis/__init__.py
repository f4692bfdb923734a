"""The audit: questions and answers, findings, checks, comparisons, impact and statistics."""
