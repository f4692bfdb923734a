"""The names that are private to other libraries, for running their own tests on this package.

``CAPTURE_ROOT=tests.capture.peer.provenance_shim`` makes their modules consist of these. The tests themselves are not
part of this repository.
"""
