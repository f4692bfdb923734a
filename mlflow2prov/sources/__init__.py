"""Sources: they read the world into fact tables, and know nothing of PROV."""
