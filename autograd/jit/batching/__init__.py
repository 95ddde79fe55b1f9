"""Programs pushed over a batch: from what is done for one example to the same for all at once."""
