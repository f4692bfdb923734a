"""Calls that capture recorded: repositories of calls, and record files beside outputs.

sqlite:///..., postgresql://...       a repository of mlflow2prov.capture
a folder .mlflow2prov, or calls.db    the same, as capture creates it
a record file, or any other folder    record files, of capture or of pycrumbs, also in folders below
"""
