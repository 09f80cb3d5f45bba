"""Risk of bias: rules as data (rob2, rob2_cluster, robins_i), and one engine that reads them. Suggestions only: a person judges."""
