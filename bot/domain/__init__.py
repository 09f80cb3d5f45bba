"""What the review is made of: frozen, without behaviour that needs a database, a network or a clock."""
