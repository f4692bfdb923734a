"""Databases of any program, opened for reading only. MLflow's and those of captured calls are read through them."""
