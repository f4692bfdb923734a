"""The people of a document: detecting them, merging their names, and replacing them with pseudonyms."""
