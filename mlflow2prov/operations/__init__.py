"""Operations: Documents in, a Document or a table out. Each is one function."""
