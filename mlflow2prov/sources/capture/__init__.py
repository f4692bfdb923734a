"""Calls that capture or another program recorded: repositories of calls, and files.

sqlite:///..., postgresql://...       a repository of mlflow2prov.capture, or the tables of provenance
a folder .mlflow2prov, or calls.db    a repository, as capture creates it
any other folder                      the files in it and in folders below:
                                      - record files, of capture or of pycrumbs
                                      - store.json and the metadata of artifacts, of curifactory
                                      - DuckDB databases of curifactory's pipelines
one such file                         the calls in it
"""
