"""How fast files are read: PubMed XML, MEDLINE text and RIS, each in a process of its own, records per second of CPU and peak memory.

`./perennial bench parse [--records 30000] [--samples FOLDER]`. The files are made of real ones from the samples beside the project,
repeated with PMIDs of their own; without samples, of records that the stand-in writes (smaller, and said so). Peers, measured on the
same machine where they are installed: counting with lxml alone, Bio.Medline, rispy; none of them makes records of what it reads.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
SAMPLES = HERE.parent / "shared" / "samples"
LONGEST = 16_000
RIS_FILES = ("ovid/Ovid_ris_example.ris", "embase_com/embase.ris", "ebsco/ASP_ris_example.ris", "proquest/proquest.ris",
             "citesource/20221207_gambling-harms_psycinfo_124.ris", "citesource/20221207_gambling-harms_scopus_255.ris",
             "citesource/20221207_gambling-harms_pubmed_176.ris", "citesource/medline_84.ris")


def main(argv: list[str]) -> int:
    """Make the files, read each in a new process, and print one JSON object as the last line."""
    asked = argparse.ArgumentParser(prog="perennial bench parse", description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--records", type=int, default=30_000)
    asked.add_argument("--samples", type=Path, default=SAMPLES)
    asked.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args(argv)
    if given.read:
        print(json.dumps(READERS[given.read[0]](Path(given.read[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="perennial-parse-") as folder:
        found = {name: _measure(name, make, given.samples, Path(folder), given.records) for name, make in MAKERS.items()}
    print(json.dumps(found))
    return 0


def _measure(name: str, make: Callable[[Path], Iterator[str]], samples: Path, folder: Path, count: int) -> dict[str, float]:
    path = folder / name
    _write(path, make(samples), count, xml=name == "pubmed_xml")
    result = _in_a_process(name, path)
    print(f"{name}: {path.stat().st_size / 1e6:.0f} MB, {result['records']:,} records, {result['records_per_cpu_s']:,} a second of CPU, "
          f"{result['peak_mib']} MiB at most; {_in_a_process(f'{name}_peer', path)['says']}", flush=True)
    path.unlink()
    return result


def _in_a_process(name: str, path: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-P", "-m", "benchmarks", "parse", "--read", name, str(path)], capture_output=True, text=True,
                          check=True, cwd=HERE, env={"PYTHONPATH": str(HERE), "PATH": ""})
    return json.loads(done.stdout.splitlines()[-1])


def _write(path: Path, pieces: Iterator[str], count: int, *, xml: bool) -> None:
    """Write so many records, repeating the pieces; each gets a PMID of its own."""
    given = list(pieces)
    with path.open("w", encoding="utf-8") as file:
        file.write("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<PubmedArticleSet>\n" if xml else "")
        for number in range(count):
            piece = given[number % len(given)]
            piece = re.sub(r"(<PMID[^>]*>|^PMID- )\d+", lambda found, number=number: f"{found.group(1)}{number + 1}", piece, count=1)
            file.write(f"{piece}\n")
        file.write("</PubmedArticleSet>\n" if xml else "")


def _xml_pieces(samples: Path) -> Iterator[str]:
    files = sorted((samples / "pubmed_xml" / "metapub").glob("*.xml")) if samples.is_dir() else []
    for path in files:
        # Without the longest reference lists: then they are as long as those of MEDLINE's yearly files, 7.7 kB each.
        found = re.findall(r"<PubmedArticle>.*?</PubmedArticle>", path.read_text(encoding="utf-8"), re.DOTALL)
        yield from (one for one in found if len(one) < LONGEST)
    if not files:
        yield from re.findall(r"<PubmedArticle>.*?</PubmedArticle>", _made("xml"), re.DOTALL)


def _medline_pieces(samples: Path) -> Iterator[str]:
    files = sorted((samples / "medline_nbib").glob("*.txt")) if samples.is_dir() else []
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace").strip("\n") for path in files) if files else _made("medline")
    yield from (f"{piece.strip()}\n" for piece in re.split(r"\n(?=PMID- )", text))


def _ris_pieces(samples: Path) -> Iterator[str]:
    if not samples.is_dir():
        yield "TY  - JOUR\nTI  - A trial\nAB  - " + "Words of an abstract. " * 60 + "\nPY  - 2020\nDO  - 10.1000/1\nER  - \n"
        return
    for name in RIS_FILES:
        text = (samples / name).read_text(encoding="utf-8-sig", errors="replace")
        yield from (f"{piece}ER  - \n" for piece in re.findall(r"TY  - .*?(?=^ER  -)", text, re.DOTALL | re.MULTILINE))


def _made(kind: str) -> str:
    from bot.demo.standins.medline import as_medline, as_xml

    print("no samples are beside this checkout: measured on made records, which are smaller than real ones", file=sys.stderr)
    records = [{"pmid": str(number), "title": "A trial of peer support", "entered": "2020-01-01", "year": "2020", "authors": ["Doe J"] * 5,
                "abstract": "Words of an abstract. " * 60, "mesh": ["Humans"] * 12, "journal": "Journal"} for number in range(1, 50)]
    return as_xml(records) if kind == "xml" else as_medline(records)


def _reading(count: Callable[[Path], int]) -> Callable[[Path], dict[str, float]]:
    def read(path: Path) -> dict[str, float]:
        began = time.process_time()
        records = count(path)
        seconds = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"records": records, "records_per_cpu_s": round(records / seconds), "peak_mib": round(peak, 1)}
    return read


def _records(given: Iterator[object]) -> int:
    """Return how many records come; one that is refused is a fault of the benchmark."""
    from bot.domain.records import Record

    count = 0
    for one in given:
        if not isinstance(one, Record):
            raise SystemExit(f"a record was refused: {one}")
        count += 1
    return count


def _read_xml(path: Path) -> int:
    from bot.sources.files import pubmed_xml

    with path.open("rb") as file:
        return _records(pubmed_xml.entries(file, "bench"))


def _read_medline(path: Path) -> int:
    from bot.sources.files import lined, nbib

    return _records(nbib.entries(lined(path.read_bytes()), "bench"))


def _read_ris(path: Path) -> int:
    from bot.sources.files import lined, ris

    return _records(ris.entries(lined(path.read_bytes()), "bench"))


def _peer(name: str, count: Callable[[Path], int]) -> Callable[[Path], dict[str, object]]:
    def read(path: Path) -> dict[str, object]:
        try:
            return {"says": f"{name}: {_reading(count)(path)['records_per_cpu_s']:,}"}
        except ImportError:
            return {"says": f"{name} is not installed"}
    return read


def _count_with_lxml(path: Path) -> int:
    from lxml import etree

    count = 0
    for _, element in etree.iterparse(str(path), tag="PubmedArticle"):
        count += 1
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return count


def _count_with_biopython(path: Path) -> int:
    from Bio import Medline

    with path.open(encoding="utf-8") as file:
        return sum(1 for _ in Medline.parse(file))


def _count_with_rispy(path: Path) -> int:
    import rispy

    with path.open(encoding="utf-8") as file:
        return len(rispy.load(file, skip_unknown_tags=True))


MAKERS: dict[str, Callable[[Path], Iterator[str]]] = {"pubmed_xml": _xml_pieces, "medline": _medline_pieces, "ris": _ris_pieces}
READERS: dict[str, Callable[[Path], dict[str, object]]] = {
    "pubmed_xml": _reading(_read_xml), "medline": _reading(_read_medline), "ris": _reading(_read_ris),  # type: ignore[dict-item]
    "pubmed_xml_peer": _peer("counting with lxml alone", _count_with_lxml), "medline_peer": _peer("Bio.Medline", _count_with_biopython),
    "ris_peer": _peer("rispy", _count_with_rispy)}
