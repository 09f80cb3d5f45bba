"""E-utilities' replies in XML: esearch's twin of its JSON, and the errors of efetch. Shapes: biopython's Tests/Entrez; rentrez; pubmedR."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8" ?>\n'
ESEARCH = (f'{HEAD}<!DOCTYPE eSearchResult PUBLIC "-//NLM//DTD esearch 20060628//EN" '
           '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20060628/esearch.dtd">\n')
EFETCH = (f'{HEAD}<!DOCTYPE eEfetchResult PUBLIC "-//NLM//DTD efetch 20131226//EN" '
          '"https://eutils.ncbi.nlm.nih.gov/eutils/dtd/20131226/efetch.dtd">\n')


def esearch_xml(result: dict[str, Any]) -> str:
    """Return the result of an esearch as XML."""
    if "ERROR" in result:
        return f"{ESEARCH}<eSearchResult><ERROR>{escape(result['ERROR'])}</ERROR></eSearchResult>"
    named = "".join(f"<{tag}>{result[name]}</{tag}>" for tag, name in (
        ("Count", "count"), ("RetMax", "retmax"), ("RetStart", "retstart"), ("QueryKey", "querykey"), ("WebEnv", "webenv")) if name in result)
    ids = "".join(f"<Id>{one}</Id>\n" for one in result["idlist"])
    return (f"{ESEARCH}<eSearchResult>{named}{_listed('IdList', ids)}<TranslationSet/>"
            f"<QueryTranslation>{escape(result['querytranslation'])}</QueryTranslation>"
            f"{_list(result, 'errorlist', 'ErrorList')}{_list(result, 'warninglist', 'WarningList')}</eSearchResult>")


def efetch_error(kept: Sequence[str] | None, start: int, said: str = "") -> str:
    """Return the error of an efetch: what is said, or that the history is not known or shorter than asked."""
    if not said:
        said = "Unable to obtain query #1" if kept is None else (
            f"Cannot retrieve history data: OUT OF RANGE. Parameter retstart={start} + 1 is greater than number of records available in "
            f"history. History includes {len(kept)} IDs.")
    return f"{EFETCH}<eFetchResult>\n\t<ERROR>{escape(said)}</ERROR>\n</eFetchResult>"


TAGS = {"phrasesnotfound": "PhraseNotFound", "fieldsnotfound": "FieldNotFound", "phrasesignored": "PhraseIgnored",
        "quotedphrasesnotfound": "QuotedPhraseNotFound", "outputmessages": "OutputMessage"}


def _list(result: dict[str, Any], name: str, tag: str) -> str:
    words = "".join(f"<{TAGS[kind]}>{escape(one)}</{TAGS[kind]}>" for kind, given in result.get(name, {}).items() for one in given)
    return f"<{tag}>{words}</{tag}>" if words else ""


def _listed(tag: str, inside: str) -> str:
    return f"<{tag}>\n{inside}</{tag}>" if inside else f"<{tag}/>"
