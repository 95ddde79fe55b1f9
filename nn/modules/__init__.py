"""Modules: what a network is built of, and how its parameters are found. Only names are here."""
