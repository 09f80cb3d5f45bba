"""RoB 2 for cluster-randomised trials, test version of 18 March 2021: our paraphrase, numbered as the tool is.

Its rules come from transcriptions by others, so they suggest nothing until a person has compared them with the official text and signed.
"""

from __future__ import annotations

from bot.methods.appraisal.rob2 import (
    ADHERING,
    CITATION,
    DEVIATIONS_QUESTIONS,
    EVIDENCE_OPTIONS,
    HIGH,
    JUDGEMENTS,
    LOW,
    MISSING_QUESTIONS,
    MISSING_RULES,
    PART_ANALYSIS,
    REPORTING,
    SOME,
)
from bot.methods.appraisal.rules import Domain, Question, Variant, ask, condition, rules

OFFICIAL = "https://www.riskofbias.info/welcome/rob-2-0-tool/rob-2-for-cluster-randomized-trials"
DISPUTED = (
    "2.4: where departures happened and were not likely to change the outcome, the transcriptions we saw suggest low; these rules suggest some "
    "concerns, as the tool for individually randomised trials does.",
)

RANDOMISATION = Domain(
    "D1a", "Randomisation of the clusters",
    (ask("1a.1", "Did chance decide the order in which clusters were allocated?"),
     ask("1a.2", "Was the next allocation hidden until clusters were enrolled and allocated?"),
     ask("1a.3", "Do differences at baseline point to a fault of randomisation rather than to chance?")),
    (rules(("1a.2=N", HIGH),
           ("1a.2=NI & 1a.3=Y", HIGH),
           ("1a.2=NI & 1a.3=N/NI", SOME),
           ("1a.2=Y & 1a.1=N", SOME),
           ("1a.2=Y & 1a.1=Y/NI & 1a.3=Y", SOME),
           ("1a.2=Y & 1a.1=Y/NI & 1a.3=N/NI", LOW)),))

RECRUITMENT = Domain(
    "D1b", "When participants were identified or recruited",
    (ask("1b.1", "Were all participants identified and recruited before the clusters were randomised?", "Clusters without participants: no."),
     ask("1b.2", "Did knowledge of the cluster's arm likely influence who came in?", when="1b.1=N/NI"),
     ask("1b.3", "Do differences at baseline point to unlike recruitment in the arms?")),
    (rules(("1b.1=Y", LOW),
           ("1b.2=Y", HIGH),
           ("1b.2=N & 1b.3=Y", SOME),
           ("1b.2=N & 1b.3=N/NI", LOW),
           ("1b.2=NI & 1b.3=Y", HIGH),
           ("1b.2=NI & 1b.3=N/NI", SOME)),))


def _in_clusters(question: Question) -> Question:
    """Whoever does not know of the trial cannot depart because of it: 2.3 follows 2.1b instead of 2.1."""
    when = condition("2.1b=Y/NI | 2.2=Y/NI") if question.number == "2.3" else question.asked_if
    return Question(question.number, question.text, question.hint, when, question.options)


ASSIGNMENT = Domain(
    "D2", "Deviations from the intended interventions (effect of assignment)",
    (ask("2.1a", "Did participants know that they were in a trial?"),
     ask("2.1b", "Did they know their arm during the trial?", when="2.1a=Y/NI"),
     ask("2.2", "Did those who cared for them or gave the intervention know the arm?"),
     *(_in_clusters(one) for one in DEVIATIONS_QUESTIONS)),
    (rules(("2.1a=N | 2.1b=N & 2.2=N", LOW),
           ("2.3=N", LOW),
           ("2.3=NI", SOME),
           ("2.3=Y & 2.4=N", SOME),
           ("2.3=Y & 2.4=Y/NI & 2.5=Y", SOME),
           ("2.3=Y & 2.4=Y/NI & 2.5=N/NI", HIGH)),
     PART_ANALYSIS))

MISSING = Domain(
    "D3", "Missing outcome data",
    (ask("3.1a", "Is this outcome there for all clusters that had participants?"),
     ask("3.1b", "Is it there for all, or nearly all, participants within the clusters?"),
     ask("3.2", "Is there evidence that the missing values did not bias the result?", when="3.1a=N/NI | 3.1b=N/NI", options=EVIDENCE_OPTIONS),
     *MISSING_QUESTIONS),
    (rules(("3.1a=Y & 3.1b=Y", LOW), *MISSING_RULES),))

MEASUREMENT = Domain(
    "D4", "Measurement of the outcome",
    (ask("4.1", "Was the way of measuring unsuitable for this outcome?"),
     ask("4.2", "Could the measurement have differed between the arms?"),
     ask("4.3a", "Did those who assessed the outcome know that there was a trial?", "Where people report on themselves, they are the assessors.",
         when="4.1=N/NI & 4.2=N/NI"),
     ask("4.3b", "Did they know the arm?", when="4.3a=Y/NI"),
     ask("4.4", "Could that knowledge have influenced the assessment?", when="4.3b=Y/NI"),
     ask("4.5", "Is it likely that it did?", when="4.4=Y/NI")),
    (rules(("4.1=Y", HIGH),
           ("4.2=Y", HIGH),
           ("4.5=Y/NI", HIGH),
           ("4.5=N", SOME),
           ("4.2=N & 4.3a=N | 4.3b=N | 4.4=N", LOW),
           ("4.2=NI & 4.3a=N | 4.3b=N | 4.4=N", SOME)),))


def _variant(variant_id: str, name: str, deviations: Domain) -> Variant:
    return Variant("rob2", variant_id, "RoB 2 for cluster-randomised trials", name, "18 March 2021 (test version)", CITATION, OFFICIAL,
                   JUDGEMENTS, (RANDOMISATION, RECRUITMENT, deviations, MISSING, MEASUREMENT, REPORTING),
                   needs_agreement=True, disputed=DISPUTED)


CLUSTER_ASSIGNMENT = _variant("cluster_assignment", "clusters randomised, effect of assignment", ASSIGNMENT)
CLUSTER_ADHERING = _variant("cluster_adhering", "clusters randomised, effect of adhering", ADHERING)
