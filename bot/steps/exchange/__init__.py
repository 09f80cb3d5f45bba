"""Moving a review in from other programs and out to them."""
