"""ROBINS-I of 2016 for non-randomised studies: our paraphrase, numbered as the tool is.

The tool of 2016 has criteria and no algorithm. What follows uniquely from them is suggested; all else, and every critical judgement, is
left to the person. Source: Sterne et al., BMJ 2016;355:i4919 (https://www.riskofbias.info/).
"""

from __future__ import annotations

from bot.methods.appraisal.rules import Domain, Variant, ask, rules

LOW, MODERATE, SERIOUS, CRITICAL, NO_INFORMATION = "low", "moderate", "serious", "critical", "no information"
JUDGEMENTS = (LOW, MODERATE, SERIOUS, CRITICAL, NO_INFORMATION)
CITATION = "Sterne JA et al. ROBINS-I: a tool for assessing risk of bias in non-randomised studies of interventions. BMJ 2016;355:i4919"
OFFICIAL = "https://www.riskofbias.info/welcome/home"
BASELINE_ROUTE = "1.2=N/NI | 1.3=N"
INCOMPLETE = "5.1=N | 5.2=Y | 5.3=Y"


def _criteria(low: str, moderate: str, serious: str, critical: str) -> tuple[tuple[str, str], ...]:
    return ((LOW, low), (MODERATE, moderate), (SERIOUS, serious), (CRITICAL, critical),
            (NO_INFORMATION, "the report gives nothing to base a judgement on"))


CONFOUNDING = Domain(
    "D1", "Confounding",
    (ask("1.1", "Could the groups differ in what also moves the outcome?", options=("Y", "PY", "PN", "N")),
     ask("1.2", "Was follow-up time split by what people actually received?", when="1.1=Y"),
     ask("1.3", "Were stops or switches linked to what moves the outcome?", when="1.2=Y"),
     ask("1.4", "Did a suitable analysis control all important confounding domains at baseline?", when=BASELINE_ROUTE),
     ask("1.5", "Were these measured validly and reliably?", when="1.4=Y"),
     ask("1.6", "Was anything controlled that the intervention itself could have changed?", when=BASELINE_ROUTE),
     ask("1.7", "Did a suitable analysis control all important domains, those that change over time included?", when="1.3=Y"),
     ask("1.8", "Were these measured validly and reliably?", when="1.7=Y")),
    (rules(("1.1=N", LOW),
           ("1.4=Y & 1.5=Y & 1.6=N", MODERATE),
           ("1.7=Y & 1.8=Y", MODERATE),
           ("1.4=N", SERIOUS),
           ("1.7=N", SERIOUS)),),
    _criteria("no confounding is to be expected",
              "confounding is to be expected; all important domains were measured well and controlled",
              "an important domain was not measured or not controlled, or so poorly that much of it remains",
              "it cannot be controlled, or negative controls point strongly to what was not measured"))

SELECTION = Domain(
    "D2", "Selection of participants",
    (ask("2.1", "Did something seen after the start of the intervention decide who was in the study or the analysis?"),
     ask("2.2", "Was that linked to the intervention?", when="2.1=Y"),
     ask("2.3", "Was it influenced by the outcome or by its causes?", when="2.2=Y"),
     ask("2.4", "Do the start of follow-up and of the intervention fall together for most?"),
     ask("2.5", "Were methods used that likely correct for this?", when="2.2=Y | 2.4=N & 2.3=Y | 2.4=N")),
    (rules(("2.1=N & 2.4=Y", LOW), ("2.5=Y", MODERATE)),),
    _criteria("all who were eligible are in, and the starts fall together",
              "selection or starts may be at fault, but were adjusted for, or are too small to matter",
              "selection is linked to intervention and outcome and not adjusted for, or early follow-up is missing",
              "selection is linked very strongly, or much of follow-up is missing, and nothing can mend it"))

CLASSIFICATION = Domain(
    "D3", "Classification of interventions",
    (ask("3.1", "Were the groups clearly defined?"),
     ask("3.2", "Was what defines them recorded when the intervention began?"),
     ask("3.3", "Could knowing the outcome, or its risk, have influenced who counts as what?")),
    (rules(("3.1=N", SERIOUS),
           ("3.3=Y", SERIOUS),
           ("3.1=Y & 3.2=Y & 3.3=N", LOW),
           ("3.1=Y & 3.2=N & 3.3=N", MODERATE)),),
    _criteria("well defined, from what was recorded at the time", "well defined, some of it set afterwards",
              "not well defined, or open to knowledge of the outcome", "people counted wrongly to an extreme degree"))

DEVIATIONS_CRITERIA = _criteria("departures are usual practice, or balanced and without consequence",
                                "slight consequences, or an imbalance that a suitable analysis handled",
                                "unbalanced, likely of consequence, and not handled", "substantial, unbalanced, of consequence, and not handled")
ASSIGNMENT = Domain(
    "D4", "Deviations from the intended interventions (effect of assignment)",
    (ask("4.1", "Were there departures beyond usual practice?"),
     ask("4.2", "Were they unbalanced and likely to change the outcome?", when="4.1=Y")),
    (rules(("4.1=N", LOW)),), DEVIATIONS_CRITERIA)
ADHERING = Domain(
    "D4", "Deviations from the intended interventions (effect of starting and adhering)",
    (ask("4.3", "Were other important treatments balanced?"),
     ask("4.4", "Was the intervention delivered as meant for most?"),
     ask("4.5", "Did participants adhere to it?"),
     ask("4.6", "Was an analysis used that suits the effect of starting and adhering?", when="4.3=N | 4.4=N | 4.5=N")),
    (rules(("4.3=Y & 4.4=Y & 4.5=Y", LOW), ("4.6=Y", MODERATE)),), DEVIATIONS_CRITERIA)

MISSING = Domain(
    "D5", "Missing data",
    (ask("5.1", "Are outcome data there for all, or nearly all?"),
     ask("5.2", "Were people left out because their intervention was not known?"),
     ask("5.3", "Were people left out because other variables of the analysis were missing?"),
     ask("5.4", "Are shares and reasons of what is missing alike in the groups?", when=INCOMPLETE),
     ask("5.5", "Is there evidence that the result holds in spite of what is missing?", when=INCOMPLETE)),
    (rules(("5.1=Y & 5.2=N & 5.3=N", LOW), ("5.4=Y", LOW), ("5.5=Y", LOW)),),
    _criteria("reasonably complete, or alike in the groups, or the analysis removes the risk", "slightly unlike, and not removed",
              "very unlike, and not removed", "critically unlike, and not dealt with"))

MEASUREMENT = Domain(
    "D6", "Measurement of outcomes",
    (ask("6.1", "Could knowing the intervention influence the measurement?", "For scales that people fill in themselves: yes."),
     ask("6.2", "Did those who assessed know the intervention?", "Where people report on themselves, they are the assessors."),
     ask("6.3", "Were the methods of assessment alike in the groups?"),
     ask("6.4", "Were there systematic errors of measurement linked to the intervention?")),
    (rules(("6.3=N", SERIOUS),
           ("6.4=Y", SERIOUS),
           ("6.1=Y & 6.2=Y", SERIOUS),
           ("6.3=Y & 6.4=N & 6.1=N | 6.2=N", LOW)),),
    _criteria("alike, and objective or assessed by people who did not know", "alike, and hardly open to influence",
              "not alike, or subjective and assessed by people who knew", "so unlike that they cannot be compared"))

REPORTING = Domain(
    "D7", "Selection of the reported result",
    (ask("7.1", "Was it picked from several measurements of the outcome?"),
     ask("7.2", "Was it picked from several analyses?"),
     ask("7.3", "Was it picked from several subgroups?")),
    (rules(("7.1=Y | 7.2=Y | 7.3=Y", SERIOUS),
           ("7.1=N & 7.2=N & 7.3=N", None, "Low only with a registered plan that all of it follows; else moderate.")),),
    _criteria("clear evidence, mostly a registered plan, that all that was meant is reported", "agrees with a plan; no sign of picking",
              "likely reported selectively", "strong suspicion, and what is not reported is likely very different"))


def _variant(variant_id: str, name: str, deviations: Domain) -> Variant:
    return Variant("robins_i", variant_id, "ROBINS-I", name, "2016", CITATION, OFFICIAL, JUDGEMENTS,
                   (CONFOUNDING, SELECTION, CLASSIFICATION, deviations, MISSING, MEASUREMENT, REPORTING))


ASSIGNMENT_VARIANT = _variant("assignment", "non-randomised, effect of assignment", ASSIGNMENT)
ADHERING_VARIANT = _variant("adhering", "non-randomised, effect of starting and adhering", ADHERING)
