"""The audit: questions, answers, findings, checks and comparisons of the versions of registered models."""
