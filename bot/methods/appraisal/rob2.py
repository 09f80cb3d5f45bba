"""RoB 2 for trials that randomise individuals, version of 22 August 2019: our paraphrase, numbered as the tool is.

Source of questions and rules: Sterne et al., BMJ 2019;366:l4898, and the tool's guidance (https://www.riskofbias.info/). The official
wording is not repeated here; pages link to it. Cluster-randomised trials: rob2_cluster.py.
"""

from __future__ import annotations

from bot.methods.appraisal.rules import Domain, Variant, ask, rules

LOW, SOME, HIGH = "low", "some concerns", "high"
JUDGEMENTS = (LOW, SOME, HIGH)
CITATION = "Sterne JAC et al. RoB 2: a revised tool for assessing risk of bias in randomised trials. BMJ 2019;366:l4898"
OFFICIAL = "https://www.riskofbias.info/welcome/rob-2-0-tool"
# Some questions apply only where the trial gives reason to ask; whoever answers says so with “not applicable”.
IF_APPLICABLE = ("Y", "PY", "PN", "N", "NI", "NA")
AWARE = "2.1=Y/NI | 2.2=Y/NI"

RANDOMISATION = Domain(
    "D1", "Randomisation",
    (ask("1.1", "Did chance decide the order of allocation?",
         "Computer, random number table, coin, dice, shuffled envelopes, minimisation: yes. Dates, record numbers, turns, choice of a clinician "
         "or participant: no. Only the word “randomised”: no information."),
     ask("1.2", "Was the next allocation hidden until a participant was enrolled and allocated?",
         "An independent central service, or numbered, opaque, sealed envelopes or identical containers: yes."),
     ask("1.3", "Do differences at baseline point to a fault of randomisation rather than to chance?",
         "Group sizes far from the planned ratio, many more differences than chance gives, a key difference too large for chance, or groups "
         "too alike. The answer to this changes none of the two above.")),
    (rules(("1.2=N", HIGH),
           ("1.2=NI & 1.3=Y", HIGH),
           ("1.2=NI & 1.3=N/NI", SOME),
           ("1.2=Y & 1.1=N", SOME),
           ("1.2=Y & 1.1=Y/NI & 1.3=Y", SOME),
           ("1.2=Y & 1.1=Y/NI & 1.3=N/NI", LOW)),))

DEVIATIONS_QUESTIONS = (
    ask("2.3", "Did people depart from the intended intervention because it was a trial?",
        "Only departures that the protocol does not allow and that the trial itself brought about, such as disappointed controls who look for "
        "the programme elsewhere. Ordinary non-adherence: no.", when=AWARE),
    ask("2.4", "Were these departures likely to change the outcome?", when="2.3=Y"),
    ask("2.5", "Were these departures much the same in both arms?", when="2.4=Y/NI"),
    ask("2.6", "Was everybody analysed in the arm to which chance had put them?",
        "Intention to treat, or all with a measured outcome: yes. Per protocol, as treated, or eligible people left out afterwards: no."),
    ask("2.7", "If not: could that have changed the result substantially?", when="2.6=N/NI"))
PART_ANALYSIS = rules(("2.6=Y", LOW), ("2.6=N/NI & 2.7=N", SOME), ("2.6=N/NI & 2.7=Y/NI", HIGH))

ASSIGNMENT = Domain(
    "D2", "Deviations from the intended interventions (effect of assignment)",
    (ask("2.1", "Did participants know their arm during the trial?", "A programme against a waiting list can hardly be hidden."),
     ask("2.2", "Did those who cared for them or gave the intervention know the arm?", "Those who give an intervention in person know it."),
     *DEVIATIONS_QUESTIONS),
    (rules(("2.1=N & 2.2=N", LOW),
           ("2.3=N", LOW),
           ("2.3=NI", SOME),
           ("2.3=Y & 2.4=N", SOME),
           ("2.3=Y & 2.4=Y/NI & 2.5=Y", SOME),
           ("2.3=Y & 2.4=Y/NI & 2.5=N/NI", HIGH)),
     PART_ANALYSIS))

ADHERING = Domain(
    "D2", "Deviations from the intended interventions (effect of adhering)",
    (ask("2.1", "Did participants know their arm during the trial?"),
     ask("2.2", "Did those who cared for them or gave the intervention know the arm?"),
     ask("2.3", "Were other important treatments balanced between the arms?", "Not applicable: there were none to consider.", when=AWARE,
         options=IF_APPLICABLE),
     ask("2.4", "Did the delivery fail in ways that could have changed the outcome?", "Not applicable: the review does not ask about this.",
         options=IF_APPLICABLE),
     ask("2.5", "Did participants depart from their regimen in ways that could have changed the outcome?",
         "Not applicable: the review does not ask about this.", options=IF_APPLICABLE),
     ask("2.6", "Was an analysis used that can estimate the effect of adhering?",
         "Neither intention to treat nor a naive per-protocol or as-treated analysis can.",
         when="2.3=N/NI | 2.4=Y/NI | 2.5=Y/NI")),
    (rules(("2.1=N & 2.2=N & 2.4=N/NA & 2.5=N/NA", LOW),
           ("2.1=Y/NI | 2.2=Y/NI & 2.3=Y/NA & 2.4=N/NA & 2.5=N/NA", LOW),
           ("2.6=Y", SOME),
           ("2.6=N/NI", HIGH)),))

MISSING_QUESTIONS = (
    ask("3.3", "Could it depend on people's true outcome whether it is missing?", when="3.2=N"),
    ask("3.4", "Is it likely that it did?",
        "Different shares or reasons in the arms, reasons linked to the outcome, or a condition whose symptoms drive people out.",
        when="3.3=Y/NI"))
# The tool offers no “no information” here: without evidence the answer is no.
EVIDENCE_OPTIONS = ("Y", "PY", "PN", "N")
MISSING_RULES = (("3.2=Y", LOW), ("3.2=N & 3.3=N", LOW), ("3.2=N & 3.3=Y/NI & 3.4=N", SOME), ("3.2=N & 3.3=Y/NI & 3.4=Y/NI", HIGH))

MISSING = Domain(
    "D3", "Missing outcome data",
    (ask("3.1", "Is this outcome there for all, or nearly all, who were randomised?",
         "For a continuous outcome about 95% is often enough. Imputed values count as missing."),
     ask("3.2", "Is there evidence that the missing values did not bias the result?",
         "An analysis that corrects for it, or sensitivity analyses. Carrying the last value forward is no such evidence.",
         when="3.1=N/NI", options=EVIDENCE_OPTIONS),
     *MISSING_QUESTIONS),
    (rules(("3.1=Y", LOW), *MISSING_RULES),))

MEASUREMENT = Domain(
    "D4", "Measurement of the outcome",
    (ask("4.1", "Was the way of measuring unsuitable for this outcome?", "For a validated scale chosen beforehand: usually no."),
     ask("4.2", "Could the measurement have differed between the arms?", "Another method, threshold, time or number of contacts."),
     ask("4.3", "Did those who assessed the outcome know the arm?", "Where people report on themselves, they are the assessors.",
         when="4.1=N/NI & 4.2=N/NI"),
     ask("4.4", "Could that knowledge have influenced the assessment?", "For symptoms that people report themselves: yes.", when="4.3=Y/NI"),
     ask("4.5", "Is it likely that it did?", "The more so, the more people believed in the benefit. The review keeps one convention.",
         when="4.4=Y/NI")),
    (rules(("4.1=Y", HIGH),
           ("4.2=Y", HIGH),
           ("4.5=Y/NI", HIGH),
           ("4.5=N", SOME),
           ("4.2=N & 4.3=N", LOW),
           ("4.2=N & 4.4=N", LOW),
           ("4.2=NI & 4.3=N", SOME),
           ("4.2=NI & 4.4=N", SOME)),))

REPORTING = Domain(
    "D5", "Selection of the reported result",
    (ask("5.1", "Was this result analysed as a plan said that was final before anybody saw the outcome data?"),
     ask("5.2", "Was the result likely picked, for what it shows, from several eligible measurements?",
         "Scales, definitions, time points; only those that this review could have used."),
     ask("5.3", "Was the result likely picked, for what it shows, from several eligible analyses?")),
    (rules(("5.2=Y | 5.3=Y", HIGH),
           ("5.2=NI | 5.3=NI", SOME),
           ("5.2=N & 5.3=N & 5.1=Y", LOW),
           ("5.2=N & 5.3=N & 5.1=N/NI", SOME)),))

BY_HAND = tuple(Domain(domain, name) for domain, name in (
    ("D1", "Randomisation"), ("DS", "Period and carry-over effects"), ("D2", "Deviations from the intended interventions"),
    ("D3", "Missing outcome data"), ("D4", "Measurement of the outcome"), ("D5", "Selection of the reported result")))


def _variant(variant_id: str, name: str, deviations: Domain) -> Variant:
    return Variant("rob2", variant_id, "RoB 2", name, "22 August 2019", CITATION, OFFICIAL, JUDGEMENTS,
                   (RANDOMISATION, deviations, MISSING, MEASUREMENT, REPORTING))


INDIVIDUAL_ASSIGNMENT = _variant("individual_assignment", "individuals randomised, effect of assignment", ASSIGNMENT)
INDIVIDUAL_ADHERING = _variant("individual_adhering", "individuals randomised, effect of adhering", ADHERING)
CROSSOVER = Variant("rob2", "crossover", "RoB 2", "crossover trial, appraised by hand", "18 March 2021", CITATION, OFFICIAL, JUDGEMENTS, BY_HAND,
                    suggests=False)
