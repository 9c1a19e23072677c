"""The facts of an ISO-BMFF or QuickTime file: the `container` object of the result document.

Every value is as stored in the file and so untrusted; `at_byte` is the offset of the box it was
read from, where a second examiner can look it up.
"""

from typing import Any, BinaryIO

import numpy as np

from offcut.container.headers import Header, Source, read_header, seconds_text
from offcut.container.isobmff import Atom, Reader, Tree, walk
from offcut.container.tags import MAX_TRACKS, camera, read_tags, text_of, writing_applications
from offcut.container.telemetry import read_telemetry
from offcut.container.timecode import read_timecode
from offcut.container.tracks import TELEMETRY, Track, fourcc_list, read_track
from offcut.container.xmp import read_xmp
from offcut.records import Structure

MAX_BOXES_SHOWN = 2000
MAX_GAPS_SHOWN = 20
MAX_MEDIA_BOXES = 16
ENCODER_TEXT_BYTES = 64 * 1024
"""How far into the first video sample the encoder's own text is looked for: it comes first."""

_ENCODER_TEXT = {
    "x264": bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef"),
    "x265": bytes.fromhex("2ca2de09b51747dbbb55a4fe7fc2fc4e"),
}
"""Identifiers under which x264 and x265 write their settings (user data SEI; x264 encoder/encoder.c)."""

_DATES_NOTE = (
    "as stored; the field is specified as UTC (ISO/IEC 14496-12, 8.2.2), GoPro cameras were measured to "
    "write local time into it, and the file does not say which: unknown"
)


def read_movie(stream: BinaryIO) -> Structure | None:
    """Read an ISO-BMFF file.

    Args:
        stream: Seekable; the first bytes were seen to be of this format.

    Returns:
        The structure, damage recorded; None where not one box can be found.
    """
    reader = Reader(stream)
    tree = walk(reader)
    if not tree.root.children:
        return None
    source = Source(reader, tree.damage)
    facts: dict[str, Any] = {"format": "isobmff", "size_bytes": reader.size_bytes}
    facts |= _outline(source, tree)
    moov = tree.root.first(b"moov")
    tracks = _read_moov(source, tree, moov, facts)
    tags = read_tags(reader, tree)
    facts["writing_applications"] = writing_applications(tags) + _names_in_tracks(facts["tracks"])
    facts["camera"] = camera(tags)
    facts["encoder_text"] = _encoder_text(reader, tracks)
    placed = list(zip(moov.all(b"trak"), tracks, strict=False)) if moov else []
    facts["timecode"] = _timecodes(source, placed)
    facts["xmp"] = read_xmp(reader, tree)
    facts["tags"] = [t.fact() for t in tags]
    facts["unreferenced"] = _unreferenced(source, tree, tracks)
    facts["limits"] = _limits(tree, facts)
    head = read_header(source, moov.first(b"mvhd") if moov else None)
    timescale = head.number(0) if head else None
    telemetry = read_telemetry(stream, source, placed, movie_timescale=timescale)
    if reader.is_exhausted:
        tree.damage.add(0, "reading stopped at its budget; what is missing above was not looked at")
    return Structure("isobmff", facts, tuple(tree.damage.lines()), telemetry)


def _outline(source: Source, tree: Tree) -> dict[str, Any]:
    """Brands, the tree of boxes, what follows the last."""
    ftyp = tree.root.first(b"ftyp")
    raw = source.reader.read(ftyp.start, min(ftyp.size - ftyp.header, 264)) if ftyp else b""
    shown, budget = _listing(tree.root.children, MAX_BOXES_SHOWN)
    trailing = None
    if tree.trailing is not None:
        at, size = tree.trailing
        first = source.reader.read(at, 16)
        trailing = {"at_byte": at, "size_bytes": size, "first_bytes_hex": first.hex()}
        source.damage.add(at, f"{size:,} bytes after the last box belong to no box")
    return {
        "brands": {
            "major": fourcc_list(raw[:4])[0] if len(raw) >= 4 else None,
            "minor": int.from_bytes(raw[4:8], "big"),
            "compatible": fourcc_list(raw[8:]),
            "at_byte": ftyp.offset,
        }
        if ftyp
        else None,
        "top_level": [a.name for a in tree.root.children[:100]],
        "boxes": shown,
        "box_count": tree.count,
        "boxes_note": None if budget > 0 else f"only the first {MAX_BOXES_SHOWN:,} boxes are listed",
        "trailing": trailing,
    }


def _listing(atoms: tuple[Atom, ...], budget: int) -> tuple[list[dict[str, Any]], int]:
    """The boxes as nested lists, and how many more may be listed."""
    shown: list[dict[str, Any]] = []
    for atom in atoms:
        if budget <= 0:
            break
        budget -= 1
        children, budget = _listing(atom.children, budget)
        shown.append(
            {"type": atom.name, "offset_bytes": atom.offset, "size_bytes": atom.size, "children": children}
        )
    return shown, budget


def _read_moov(source: Source, tree: Tree, moov: Atom | None, facts: dict[str, Any]) -> list[Track]:
    """Movie header and tracks into `facts`."""
    fragments = sum(1 for _ in tree.root.all(b"moof"))
    if moov is None and not fragments:
        source.damage.add(
            0,
            "no 'moov' box: the index of the file is missing, as after an interrupted recording or transfer",
        )
    if sum(1 for _ in tree.root.all(b"moov")) > 1:
        source.damage.add(moov.offset if moov else 0, "more than one 'moov' box; the first was read")
    head = read_header(source, moov.first(b"mvhd") if moov else None)
    timescale = head.number(0) if head else None
    traks = list(moov.all(b"trak")) if moov else []
    if len(traks) > MAX_TRACKS:
        source.damage.add(traks[MAX_TRACKS].offset, f"of {len(traks):,} tracks, {MAX_TRACKS} were read")
    tracks = [read_track(source, trak, movie_timescale=timescale) for trak in traks[:MAX_TRACKS]]
    facts["timescale"] = timescale
    facts["movie_header_at_byte"] = head.at_byte if head else None
    facts["duration_from_header_s"] = seconds_text(head.length(4) if head else None, timescale)
    facts["dates"] = _dates(head, tracks)
    facts["tracks"] = [t.facts for t in tracks]
    facts["is_fragmented"] = fragments > 0 or bool(moov and moov.first(b"mvex"))
    facts["fragments"] = fragments
    facts["telemetry"] = _telemetry(facts["tracks"])
    facts["gop"] = next(
        (
            {"track": t["id"], "is_reordered": t["is_reordered"], **t["sync_samples"]}
            for t in facts["tracks"]
            if t["kind"] == "video"
        ),
        None,
    )
    facts["hidden_frames"] = [
        {"track": t["id"], "kind": t["kind"], "codec": t["codec"], **t["hidden"]}
        for t in facts["tracks"]
        if t["hidden"] and any(h["samples"] for h in t["hidden"].values())
    ]
    return tracks


def _timecodes(source: Source, placed: list[tuple[Atom, Track]]) -> list[dict[str, Any]]:
    of = ((trak, t) for trak, t in placed if t.facts["codec"] == "tmcd")
    found = (read_timecode(source, trak, t.facts, t.first_sample) for trak, t in of)
    return [timecode for timecode in found if timecode]


def _dates(head: Header | None, tracks: list[Track]) -> dict[str, Any]:
    stored = [head.dates("movie")] if head else []
    for track in tracks:
        # The dates stand with all others; a track does not repeat them.
        stored += [{**d, "track": track.facts["id"]} for d in track.facts.pop("dates")]
    return {"stored": stored, "clock": "unknown", "note": _DATES_NOTE}


def _telemetry(tracks: list[dict[str, Any]]) -> dict[str, Any]:
    found = [
        {"track": t["id"], "format": TELEMETRY[t["codec"]], "samples": t["samples"], "at_byte": t["at_byte"]}
        for t in tracks
        if t["kind"] == "telemetry"
    ]
    return {"present": bool(found), "tracks": found}


def _names_in_tracks(tracks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Compressor and handler names: not always a program, but often the only place that names one."""
    names: list[dict[str, Any]] = []
    for track in tracks:
        entry, handler = track["sample_entry"], track["handler_name"]
        if entry and entry["compressor_name"]:
            names.append(
                {
                    "key": "compressor name",
                    "text": entry["compressor_name"],
                    "found_in": f"track {track['id']}, stsd",
                    "at_byte": entry["compressor_name_at_byte"],
                }
            )
        if handler and handler["text"]:
            names.append(
                {
                    "key": "handler name",
                    "text": handler["text"],
                    "found_in": f"track {track['id']}, hdlr",
                    "at_byte": handler["at_byte"],
                }
            )
    return names


def _encoder_text(reader: Reader, tracks: list[Track]) -> dict[str, Any] | None:
    """The settings that x264 or x265 wrote into the first picture; the only read of media data."""
    for track in tracks:
        if track.facts["kind"] != "video" or track.first_sample is None:
            continue
        offset, size = track.first_sample
        raw = reader.read(offset, min(size, ENCODER_TEXT_BYTES))
        for encoder, identifier in _ENCODER_TEXT.items():
            at = raw.find(identifier)
            if at >= 0:
                text = text_of(raw[at + 16 : at + 816].split(b"\0")[0])
                return {"encoder": encoder, "text": text, "track": track.facts["id"], "at_byte": offset + at}
    return None


def _unreferenced(source: Source, tree: Tree, tracks: list[Track]) -> dict[str, Any] | None:
    """Media bytes that no sample refers to; None where the tables do not allow to say."""
    boxes = list(tree.root.all(b"mdat"))
    placed = [t.extents for t in tracks if t.facts["samples"] != 0]
    if not boxes or len(boxes) > MAX_MEDIA_BOXES or not placed or tree.root.first(b"moof"):
        return None
    known = [e for e in placed if e is not None]
    if len(known) < len(placed):
        return None
    start = np.concatenate([e.start for e in known])
    order = np.argsort(start, kind="stable")
    start, end = start[order], np.concatenate([e.end for e in known])[order]
    reached = np.maximum.accumulate(end)
    beyond = int((end > source.reader.size_bytes).sum())
    if beyond:
        source.damage.add(
            source.reader.size_bytes,
            f"{beyond:,} of {len(end):,} chunks of samples lie beyond the end of the file: it is cut short",
        )
    gap_start = np.concatenate([[0], reached])
    gap_end = np.concatenate([start, [2**62]])
    gaps: list[dict[str, int]] = []
    total = 0
    for box in boxes:
        low, high = np.maximum(gap_start, box.start), np.minimum(gap_end, box.end)
        inside = np.nonzero(high > low)[0]
        total += int((high - low)[inside].sum())
        gaps += [{"at_byte": int(low[i]), "size_bytes": int((high - low)[i])} for i in inside[:10_000]]
    gaps.sort(key=lambda g: -g["size_bytes"])
    return {
        "size_bytes": total,
        "of_bytes": sum(b.end - b.start for b in boxes),
        "largest": gaps[:MAX_GAPS_SHOWN],
    }


def _limits(tree: Tree, facts: dict[str, Any]) -> list[str]:
    limits = ["every value is as stored in the file; anyone can write any of them"]
    if facts["is_fragmented"]:
        limits.append(
            "the file is fragmented: samples in fragments were not timed or counted in this version"
        )
    if facts["unreferenced"] is None and tree.root.first(b"mdat"):
        limits.append("whether all media bytes are used could not be said")
    if facts["telemetry"]["present"]:
        limits.append("telemetry was found but its continuity was not examined in this version")
    return limits
