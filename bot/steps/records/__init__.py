"""Finding records: searching sources, taking in files, comparing with what is known, ranking."""
