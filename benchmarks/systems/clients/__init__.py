"""The work `clients`, of the two systems that have the import name `autograd`; as in `programs`."""
