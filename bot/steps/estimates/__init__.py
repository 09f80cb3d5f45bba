"""From the effects of studies to one estimate for each outcome."""
