"""Which decisions of a large review teach its ranking: `teaching` of bot/steps/records/rank.py."""

from __future__ import annotations

from bot.steps.records.rank import teaching


def decided(excluded: int, kept: int = 5) -> list[tuple[int, int, float]]:
    """Return `excluded` exclusions, then `kept` inclusions, the last of which the full text has not confirmed."""
    return [(key, 0, 1.0) for key in range(excluded)] + [(1_000_000 + key, 1, 0.5 if key == kept - 1 else 1.0) for key in range(kept)]


def test_everything_teaches_while_there_is_not_too_much() -> None:
    assert teaching(decided(100), most=100) == {key: (label, weight) for key, label, weight in decided(100)}


def test_of_very_many_exclusions_some_are_drawn_and_everything_that_was_kept_teaches() -> None:
    taught = teaching(decided(1000), most=100)
    assert sum(label == 0 for label, _ in taught.values()) == 100
    assert {key: one for key, one in taught.items() if one[0]} == {key: (label, weight) for key, label, weight in decided(1000) if label}
    # By chance, not the first ones nor the last.
    drawn = sorted(key for key, (label, _) in taught.items() if not label)
    assert drawn[0] < 100 and drawn[-1] > 900 and 400 < sum(drawn) / len(drawn) < 600


def test_next_month_the_same_ones_teach_but_for_those_that_newer_ones_replace() -> None:
    now, later = set(teaching(decided(1000), most=100)), set(teaching(decided(1100), most=100))
    replaced = sorted(later - now)
    assert replaced and all(1000 <= key < 1100 for key in replaced) and len(replaced) < 30


def test_what_was_read_at_random_teaches_always_because_probabilities_rest_on_it() -> None:
    assert set(range(50)) <= set(teaching(decided(1000), frozenset(range(50)), most=100))
