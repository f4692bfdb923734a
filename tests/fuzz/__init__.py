"""Every reader of the package, with inputs that are changed at random.

    python -m tests.fuzz --inputs 1000000 --seed 7
    python -m tests.fuzz --reader xml --start 4711 --inputs 1

An input is a file of ``corpus/`` with some random changes. It depends on the seed, the reader and its number only, so
that a failure is repeated by its number. Each reader runs in a process of its own, because an input may end it. A
failure is an input that ends the process, takes too long or too much memory, or raises an error that is not the
package's own.
"""
