"""What can go wrong with a ranker. Steps turn these into the bot's own errors."""


class ClassifierProblem(Exception):
    """A ranker could not do its work."""


class UnknownClassifierError(ClassifierProblem):
    """There is no ranker of this name."""


class NothingToRankError(ClassifierProblem):
    """No document has any words."""


class TooLittleToLearnError(ClassifierProblem):
    """There are too few decisions, or decisions of one kind alone."""


class DamagedModelError(ClassifierProblem):
    """A stored model is not what its hash says, or not a model at all."""
