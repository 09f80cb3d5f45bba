"""Do two records cite one report? Keys to find candidates, rules to compare them, a rule to merge them."""
